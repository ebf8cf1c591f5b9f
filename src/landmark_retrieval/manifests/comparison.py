"""Comparison of two manifests: of two variants, or of two builds of one."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landmark_retrieval.manifests.difference import MOVES, landmark_difference, manifest_difference
from landmark_retrieval.manifests.manifest import manifest_fingerprint
from landmark_retrieval.tables import ReasonChanges, column_types

logger = logging.getLogger(__name__)

NOT_LISTED = "not in the manifest"
"""Kind of reason of an image that a manifest lacks."""

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
"""Of the images per landmark."""

RESTATED = ("reason", "evidence", "source", "source_version")
"""Columns that may change although an image is kept or removed as before."""

_SIDES = ("before", "after")
_REASON_KEYS = ["change", "kind_before", "kind"]
_SHOWN_REASONS = 4
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w])")


@dataclass(frozen=True, eq=False)
class ManifestComparison:
    """The difference of two manifests as tables.

    Attributes:
        fingerprints: of the manifests, before first.
        totals: `side` (before, after), `listed` and `kept` images, `landmarks` that have any kept image.
        changes: image by image, `tables.ImageChanges`.
        reasons: why images changed, `tables.ReasonChanges`; most images first.
        landmarks: the changed landmarks, `tables.MovedLandmarks`; most moved first, then by id.
        sizes: how many landmarks have `images_from` to `images_to` kept images: `before`, `after`.
        quantiles: `quantile` of the images per landmark: `before`, `after` (NaN without a landmark).
        sources: `source`, `source_version`, and how many images of it are listed `before` and `after`.
        restated: `column`, `images`: images that are kept or removed as before, under the same landmark,
            although that column has changed.
    """

    fingerprints: tuple[str, str]
    totals: pd.DataFrame
    changes: pd.DataFrame
    reasons: pd.DataFrame
    landmarks: pd.DataFrame
    sizes: pd.DataFrame
    quantiles: pd.DataFrame
    sources: pd.DataFrame
    restated: pd.DataFrame

    @property
    def is_same(self) -> bool:
        """Whether both manifests have the same fingerprint."""
        return self.fingerprints[0] == self.fingerprints[1]

    @property
    def vanished(self) -> pd.DataFrame:
        """The rows of `landmarks` that keep no image under their id any more, largest first."""
        gone = self.landmarks[(self.landmarks["images_before"] > 0) & (self.landmarks["images_after"] == 0)]
        return gone.sort_values(["images_before", "landmark_id"], ascending=[False, True], ignore_index=True)

    def count(self, change: str) -> int:
        """Images that were "added", "removed" or "relabelled"."""
        return int((self.changes["change"] == change).sum())


def compare_manifests(before: pd.DataFrame, after: pd.DataFrame) -> ManifestComparison:
    """Compare two `tables.Manifest`, whatever the order of their rows.

    Raises:
        DataError: one of the tables is no manifest.
    """
    start = perf_counter()
    sides = (before, after)
    fingerprints = manifest_fingerprint(before), manifest_fingerprint(after)
    changes = manifest_difference(before, after)
    counts = [side.loc[side["kept"].to_numpy(), "landmark_id"].value_counts().to_numpy() for side in sides]
    result = ManifestComparison(
        fingerprints=fingerprints,
        totals=_totals(sides),
        changes=changes,
        reasons=_reasons(changes),
        landmarks=_landmarks(before, after),
        sizes=_sizes(counts),
        quantiles=_quantiles(counts),
        sources=_sources(sides),
        restated=_restated(before, after),
    )
    seconds = perf_counter() - start
    n = len(before) + len(after)
    logger.info("compared %d rows of two manifests in %.1f s (%.0f / s)", n, seconds, n / seconds)
    return result


def reason_kind(reason: str) -> str:
    """A reason without its numbers and details, so that reasons can be counted.

    "verified by 1 of 2 needed images" becomes "verified by N of N needed images"; what follows a first ": "
    is specific to the landmark or image. Numbers that are part of a name ("roxford5k") are kept.
    """
    if not reason:
        return NOT_LISTED
    kind = _NUMBER.sub("N", reason.partition(": ")[0])
    return re.sub(r"\bN image\b", "N images", kind)


def _totals(sides: Iterable[pd.DataFrame]) -> pd.DataFrame:
    rows = [
        (name, len(side), int(side["kept"].sum()), side.loc[side["kept"].to_numpy(), "landmark_id"].nunique())
        for name, side in zip(_SIDES, sides, strict=True)
    ]
    return pd.DataFrame(rows, columns=["side", "listed", "kept", "landmarks"])


def _reasons(changes: pd.DataFrame) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "change": changes["change"],
            "kind_before": _kinds(changes["reason_before"]),
            "kind": _kinds(changes["reason"]),
            "reason": changes["reason"],
            "landmark_id": changes["landmark_before"].fillna(changes["landmark_after"]),
        }
    )
    counted = table.groupby(_REASON_KEYS)["landmark_id"].agg(images="size", landmarks="nunique")
    texts = table.groupby([*_REASON_KEYS, "reason"]).size().reset_index(name="n")
    reasons = counted.join(_commonest(texts)).reset_index().astype(column_types(ReasonChanges))
    by = ["images", *_REASON_KEYS]
    return reasons.sort_values(by, ascending=[False, True, True, True], ignore_index=True)


def _commonest(texts: pd.DataFrame) -> pd.Series:
    """The first few reasons of each kind with how often they occur; ties in the order of the alphabet."""
    first = texts.sort_values("n", ascending=False, kind="stable").groupby(_REASON_KEYS).head(_SHOWN_REASONS)
    text = (first["reason"] + " (" + first["n"].astype("str") + ")").where(first["reason"] != "", "")
    return first.assign(commonest=text).groupby(_REASON_KEYS)["commonest"].agg("; ".join).astype("str")


def _kinds(reasons: pd.Series) -> pd.Series:
    codes, texts = pd.factorize(reasons)
    kinds = np.asarray([reason_kind(str(text)) for text in texts], dtype=object)
    return pd.Series(kinds[codes] if len(texts) else [], index=reasons.index, dtype="str")


def _landmarks(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    table = landmark_difference(before, after)
    table["moved"] = table[list(MOVES)].sum(axis=1).astype("int64")
    return table.sort_values(["moved", "landmark_id"], ascending=[False, True], ignore_index=True)


def _sizes(counts: list[NDArray[np.int64]]) -> pd.DataFrame:
    """Histogram with bins of doubling width, up to the largest landmark."""
    largest = max((int(side.max()) for side in counts if len(side)), default=1)
    edges = 2 ** np.arange(largest.bit_length() + 1)
    bins = [*edges[:-1], edges[-1] - 0.5]
    columns = {name: np.histogram(side, bins)[0] for name, side in zip(_SIDES, counts, strict=True)}
    return pd.DataFrame({"images_from": edges[:-1], "images_to": edges[1:] - 1, **columns})


def _quantiles(counts: list[NDArray[np.int64]]) -> pd.DataFrame:
    columns = [np.quantile(side, QUANTILES) if len(side) else np.nan for side in counts]
    return pd.DataFrame({"quantile": QUANTILES} | dict(zip(_SIDES, columns, strict=True)))


def _sources(sides: Iterable[pd.DataFrame]) -> pd.DataFrame:
    keys = ["source", "source_version"]
    counts = [side.groupby(keys).size().rename(name) for name, side in zip(_SIDES, sides, strict=True)]
    return pd.concat(counts, axis=1).fillna(0).astype("int64").sort_index().reset_index()


def _restated(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    rows = pd.Index(after["image_id"]).get_indexer(before["image_id"])
    old = np.flatnonzero(rows >= 0)
    new = rows[old]
    same = np.ones(len(old), dtype=bool)
    for column in ("kept", "landmark_id"):
        same &= before[column].to_numpy()[old] == after[column].to_numpy()[new]
    old, new = old[same], new[same]
    counts = [int((before[column].array[old] != after[column].array[new]).sum()) for column in RESTATED]
    return pd.DataFrame({"column": RESTATED, "images": counts})
