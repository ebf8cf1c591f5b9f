"""Evidence beside pairs of different landmarks: a figure, a table, drawings of the strongest such pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.reporting.colours import BLUE, GREY, RED
from landmark_retrieval.reporting.figures import new_figure
from landmark_retrieval.reporting.match_drawing import draw_matches, read_matched
from landmark_retrieval.reporting.thumbnails import encode
from landmark_retrieval.verification.evidence import Evidence
from landmark_retrieval.verification.false_verifications import statement, used_row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = (
    "inliers ≥",
    "pairs of the evidence",
    "share",
    "of different landmarks",
    "share",
    "by chance at most",
    "false per image at most",
)

_LEAST = 1e-6
"""Share below which nothing is drawn."""


@dataclass(frozen=True)
class Drawing:
    """The matches of two photographs; `image` is the `data:` address of a picture."""

    image: str
    caption: str


@dataclass(frozen=True, eq=False)
class Chance:
    """What a page shows of pairs of different landmarks.

    Attributes:
        title: whose evidence it is.
        table: `tables.FalseVerifications`.
        drawings: the strongest pairs of different landmarks.
    """

    title: str
    table: pd.DataFrame
    drawings: Sequence[Drawing]

    @property
    def sentence(self) -> str:
        """The threshold, and the evidence for it."""
        return statement(self.table)

    @property
    def used(self) -> int:
        """Inliers that verify a pair."""
        return int(used_row(self.table)["min_inliers"])

    @property
    def figure(self) -> Figure:
        """Shares of pairs by inliers."""
        with new_figure(2.4) as figure:
            draw_chance(figure.subplots(), self.table)
        return figure

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """The table as text, without the counts that nothing tells apart."""
        shown = self.table[self.table["min_inliers"] > 0].drop_duplicates(
            ["evidence_pairs", "different_pairs", "chance", "used"], keep="last"
        )
        return [
            (
                f"{row['min_inliers']} ({row['used']})" if row["used"] else f"{row['min_inliers']}",
                f"{row['evidence_pairs']:,}",
                f"{100 * row['evidence_share']:.1f} %",
                f"{row['different_pairs']:,}",
                f"{100 * row['different_share']:.2g} %",
                f"{100 * row['chance']:.2g} %",
                f"{row['per_image']:.2g}",
            )
            for row in shown.to_dict("records")
        ]


def draw_chance(ax: Axes, table: pd.DataFrame) -> None:
    """Shares of pairs with at least so many inliers: evidence, different landmarks, chance at most."""
    shown = table[table["min_inliers"] > 0]
    for column, label, colour, style in (
        ("evidence_share", "evidence", BLUE, "-"),
        ("different_share", "different landmarks", RED, "-"),
        ("chance", "chance, at most", GREY, "--"),
    ):
        share = shown[column].where(shown[column] >= _LEAST)
        ax.plot(shown["min_inliers"], 100 * share, style, color=colour, label=label, drawstyle="steps-mid")
    used = int(used_row(table)["min_inliers"])
    ax.axvline(used, color=RED, linestyle=":", linewidth=1.5, label=f"verified from {used}")
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter("{x:g}")
    ax.set_ylim(top=150)
    ax.set_ylabel("% of pairs")
    ax.set_xlabel("inliers ≥")
    ax.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def strongest_pairs(
    different: Evidence,
    manifest: pd.DataFrame,
    files: Mapping[str, FileTree],
    max_side: int,
    n: int,
    height: int,
    lines: int,
    quality: int,
) -> tuple[Drawing, ...]:
    """Drawings of the pairs of different landmarks with the most inliers, each photograph in one at most.

    They reveal what chance is not: watermarks, logos and frames, landmarks under two names, wrong labels.

    Args:
        different: from `verification.different_landmarks`.
        manifest: `image_id`, `landmark_id`, `path` and `source` of its images.
        files: by source; pairs with a photograph elsewhere are left out.
        max_side: pixels, of the extractor that found the points.
        n: drawings at most.
        height: of a drawing, in pixels.
        lines: inliers joined by a line.
        quality: of the JPEGs.
    """
    images = {
        i: (path, source, landmark)
        for i, path, source, landmark in zip(
            *(manifest[name] for name in ("image_id", "path", "source", "landmark_id")), strict=True
        )
    }
    drawings: list[Drawing] = []
    for row in _strongest_first(different):
        if len(drawings) == n:
            break
        ids = _ids(different, row)
        (path, source, _), (other_path, other_source, _) = (images[i] for i in ids)
        if not {source, other_source} <= files.keys():
            continue
        left = read_matched(files[source], path, max_side)
        right = read_matched(files[other_source], other_path, max_side)
        if left is None or right is None:
            continue
        drawn = draw_matches(left, right, different.points(row), height, lines)
        names = " – ".join(f"{i} (landmark {images[i][2]})" for i in ids)
        caption = f"{different.inliers[row]} of {different.matches[row]} matches: {names}"
        drawings.append(Drawing(encode(drawn, quality), caption))
    return tuple(drawings)


def _strongest_first(different: Evidence) -> Iterator[int]:
    """Rows by inliers, as far as neither image has been in a row before."""
    seen: set[str] = set()
    for row in np.argsort(-different.inliers.astype(np.int64), kind="stable").tolist():
        if different.inliers[row] == 0:
            return
        both = set(_ids(different, row))
        if not both & seen:
            seen |= both
            yield row


def _ids(different: Evidence, row: int) -> tuple[str, str]:
    first, second = different.pairs[row].tolist()
    return str(different.image_ids[first]), str(different.other_ids[second])
