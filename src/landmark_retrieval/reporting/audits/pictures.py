"""Photographs of an audit: images removed, added and kept per landmark, and near-duplicates across splits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd
from pydantic import Field

from landmark_retrieval.configuration import Settings
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.manifests.comparison import ManifestComparison
from landmark_retrieval.reporting.thumbnails import thumbnail
from landmark_retrieval.reporting.tiles import Frame, Tile
from landmark_retrieval.verification.best_inliers import best_inliers
from landmark_retrieval.verification.evidence import Evidence

_CHANGES: Final[tuple[Frame, ...]] = ("removed", "added", "relabelled", "kept")

Show = Callable[[str, str], str]
"""Source and image id to a `data:` address, empty for a photograph that cannot be shown."""

_KINDS = ("bytes", "perceptual", "embedding")
"""Of near-duplicates, the surest first."""


class AuditSettings(Settings):
    """How much an audit shows."""

    landmarks: int = Field(ge=0, description="most changed landmarks shown with photographs")
    thumbnails: int = Field(ge=0, description="photographs of a landmark per change, and as many kept ones")
    thumbnail_height: int = Field(gt=0, description="pixels")
    pairs: int = Field(ge=0, description="near-duplicates across splits shown with photographs")
    rows: int = Field(gt=0, description="rows of a table at most; the tables themselves are saved whole")


@dataclass(frozen=True)
class Strip:
    """Some of the photographs of a landmark with one frame, and how many there are."""

    frame: Frame
    total: int
    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class LandmarkPanel:
    """A landmark with its photographs."""

    landmark_id: int
    name: str
    change: str
    images_before: int
    images_after: int
    reasons: str
    strips: tuple[Strip, ...]


@dataclass(frozen=True)
class PairPanel:
    """Two photographs that look alike."""

    kind: str
    distance: str
    tiles: tuple[Tile, Tile]


def shower(files: Mapping[str, FileTree], tables: Sequence[pd.DataFrame], height: int) -> Show:
    """What shows the photographs of some tables with `image_id`, `path` and `source`; earlier tables win.

    `files` are by source; a source may be missing. `height` is that of the thumbnails in pixels.
    """
    paths = {
        (source, image_id): path
        for table in reversed(tables)
        for source, image_id, path in zip(table["source"], table["image_id"], table["path"], strict=True)
    }

    @cache
    def show(source: str, image_id: str) -> str:
        path = paths.get((source, image_id))
        return "" if path is None or source not in files else thumbnail(files[source], path, height)

    return show


def landmark_panels(
    audit: ManifestComparison,
    after: pd.DataFrame,
    before: pd.DataFrame,
    files: Mapping[str, FileTree],
    names: Mapping[int, str],
    evidence: Sequence[Evidence],
    settings: AuditSettings,
) -> tuple[LandmarkPanel, ...]:
    """The most changed landmarks with photographs removed, added and kept, each kind by id.

    `files` are by source, `names` of landmarks as far as known; the inliers under a photograph are those of
    `evidence`.
    """
    landmarks = audit.landmarks.head(settings.landmarks)
    chosen = _chosen(audit, after, landmarks["landmark_id"].tolist(), settings.thumbnails)
    rows = [side[side["image_id"].isin(set(chosen["image_id"]))] for side in (after, before)]
    show = shower(files, rows, settings.thumbnail_height)
    source = {
        image: name
        for side in reversed(rows)
        for image, name in zip(side["image_id"], side["source"], strict=True)
    }
    inliers = best_inliers(evidence, chosen["image_id"])
    tiles = [
        Tile(
            row["image_id"], row["mark"], show(source[row["image_id"]], row["image_id"]), _notes(row, inliers)
        )
        for row in chosen.to_dict("records")
    ]
    return tuple(
        LandmarkPanel(
            row["landmark_id"],
            names.get(row["landmark_id"], ""),
            row["change"],
            row["images_before"],
            row["images_after"],
            row["reasons"],
            tuple(_strips(chosen, tiles, row["landmark_id"])),
        )
        for row in landmarks.to_dict("records")
    )


def near_duplicate_panels(
    table: pd.DataFrame,
    images: Sequence[pd.DataFrame],
    files: Mapping[str, FileTree],
    settings: AuditSettings,
) -> tuple[PairPanel, ...]:
    """The most certain pairs across splits: by kind, then distance, then ids."""
    kinds = pd.Series(pd.Categorical(table["kind"], _KINDS, ordered=True), index=table.index)
    across = table.assign(order=kinds)[table["split"] != table["other_split"]]
    worst = across.sort_values(["order", "distance", "image_id", "other_id"]).head(settings.pairs)
    ids = {*worst["image_id"], *worst["other_id"]}
    show = shower(files, [t[t["image_id"].isin(ids)] for t in images], settings.thumbnail_height)
    return tuple(
        PairPanel(row["kind"], f"{row['distance']:.4g}", (_side(row, "", show), _side(row, "other_", show)))
        for row in worst.assign(image=worst["image_id"], other_image=worst["other_id"]).to_dict("records")
    )


def _side(row: Mapping[Hashable, Any], prefix: str, show: Show) -> Tile:
    image_id, source, split, landmark_id = (
        row[prefix + name] for name in ("image", "source", "split", "landmark_id")
    )
    landmark = "no landmark" if pd.isna(landmark_id) else f"landmark {landmark_id}"
    return Tile(image_id, "pair", show(source, image_id), (f"{source}, {split}", landmark))


def _chosen(
    audit: ManifestComparison, after: pd.DataFrame, landmarks: Collection[int], n: int
) -> pd.DataFrame:
    """Up to `n` images of each landmark and mark, with how many there are (`total`)."""
    changes = audit.changes
    parts = []
    for side in ("landmark_before", "landmark_after"):
        rows = changes[changes[side].isin(landmarks)]
        parts.append(rows.assign(landmark_id=rows[side]))
    changed = pd.concat(parts).rename(columns={"change": "mark"})
    stayed = (
        after["kept"] & after["landmark_id"].isin(landmarks) & ~after["image_id"].isin(changed["image_id"])
    )
    kept = after.loc[stayed, ["image_id", "landmark_id", "reason"]].assign(mark="kept")
    table = pd.concat([changed.astype({"landmark_id": "int64"}), kept]).sort_values("image_id")
    groups = table.groupby(["landmark_id", "mark"])
    return table.assign(total=groups["image_id"].transform("size"))[groups.cumcount() < n]


def _strips(chosen: pd.DataFrame, tiles: Sequence[Tile], landmark_id: int) -> Iterator[Strip]:
    """The strips of a landmark; `tiles` are those of the rows of `chosen`."""
    of_landmark = (chosen["landmark_id"] == landmark_id).to_numpy()
    for mark in _CHANGES:
        rows = np.flatnonzero(of_landmark & (chosen["mark"] == mark).to_numpy()).tolist()
        if len(rows):
            yield Strip(mark, int(chosen["total"].iloc[rows[0]]), tuple(tiles[row] for row in rows))


def _notes(row: Mapping[Hashable, Any], inliers: Mapping[str, int]) -> tuple[str, ...]:
    notes = [row["reason"]] if row["reason"] else []
    if row["mark"] == "relabelled":
        notes.insert(0, f"landmark {row['landmark_before']} → {row['landmark_after']}")
    if row["image_id"] in inliers:
        notes.append(f"best match: {inliers[row['image_id']]} inliers")
    return tuple(notes)
