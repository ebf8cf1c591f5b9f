"""Difference of two manifests, image by image and landmark by landmark."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landmark_retrieval.manifests.manifest import checked_manifest
from landmark_retrieval.tables import ImageChanges, LandmarkChanges, column_types

MOVES = ("added", "removed", "relabelled_in", "relabelled_out")


def manifest_difference(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """What happened to images between two manifests, `tables.ImageChanges` ordered by `image_id`.

    `reason_before` is of `before`, `reason` and `evidence` of `after`, each empty where that manifest lacks
    the image.

    Raises:
        DataError: one of the tables is no manifest.
    """
    old, new = checked_manifest(before), checked_manifest(after)
    old_rows, new_rows = _changed_rows(old, new)
    was, now = _kept_at(old, old_rows), _kept_at(new, new_rows)
    table = pd.DataFrame(
        {
            "image_id": _texts_at(old, old_rows, "image_id"),
            "change": pd.array(np.select([~was, ~now], ["added", "removed"], "relabelled"), dtype="str"),
            "landmark_before": _landmarks_at(old, old_rows, was),
            "landmark_after": _landmarks_at(new, new_rows, now),
            "reason_before": _texts_at(old, old_rows, "reason"),
            "reason": _texts_at(new, new_rows, "reason"),
            "evidence": _texts_at(new, new_rows, "evidence"),
        }
    )
    table["image_id"] = table["image_id"].where(old_rows >= 0, _texts_at(new, new_rows, "image_id"))
    return table.sort_values("image_id", ignore_index=True)[list(column_types(ImageChanges))]


def landmark_difference(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """What happened to landmarks between two manifests: those with any changed image, by id.

    Returns:
        `tables.LandmarkChanges`:

        * `change`: "added" (none was kept before), "removed" (none is kept any more), "relabelled" (none is
          kept any more, but all of its images are kept under other landmarks), "shrunk", "grown", or
          "exchanged" (as many images, but others);
        * `images_before`, `images_after`: kept images;
        * `added`, `removed`: images that were kept in neither landmark before, or are in none after;
        * `relabelled_in`, `relabelled_out`: images that came from and went to other landmarks;
        * `reasons`: changes with the reasons of `after` and how often each occurs, most frequent first.

    Raises:
        DataError: one of the tables is no manifest.
    """
    images = manifest_difference(before, after)
    moves = _moves(images)
    counts = moves.groupby(["landmark_id", "move"]).size().unstack(fill_value=0)
    table = counts.reindex(columns=list(MOVES), fill_value=0).rename_axis(columns=None)
    for name, manifest in (("images_before", before), ("images_after", after)):
        sizes = manifest.loc[manifest["kept"].to_numpy(), "landmark_id"].value_counts()
        table[name] = sizes.reindex(table.index, fill_value=0)
    table["change"] = _landmark_change(table)
    table["reasons"] = _reasons(moves).reindex(table.index)
    types = column_types(LandmarkChanges)
    return table.reset_index().astype(types)[list(types)]


def _changed_rows(old: pd.DataFrame, new: pd.DataFrame) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of both manifests of each changed image, −1 where a manifest lacks it."""
    found = pd.Index(new["image_id"]).get_indexer(old["image_id"])
    is_new = np.ones(len(new), dtype=bool)
    is_new[found[found >= 0]] = False
    old_rows = np.concatenate([np.arange(len(old)), np.full(is_new.sum(), -1)])
    new_rows = np.concatenate([found, np.flatnonzero(is_new)])
    was, now = _kept_at(old, old_rows), _kept_at(new, new_rows)
    changed = was != now
    both = np.flatnonzero(was & now)
    landmarks = old["landmark_id"].to_numpy()[old_rows[both]], new["landmark_id"].to_numpy()[new_rows[both]]
    changed[both] = landmarks[0] != landmarks[1]
    return old_rows[changed], new_rows[changed]


def _kept_at(manifest: pd.DataFrame, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
    # Row −1 selects the appended value.
    return np.append(manifest["kept"].to_numpy(), False)[rows]


def _landmarks_at(
    manifest: pd.DataFrame, rows: NDArray[np.intp], is_kept: NDArray[np.bool_]
) -> pd.arrays.IntegerArray:
    values = np.append(manifest["landmark_id"].to_numpy(), 0)[rows]
    return pd.arrays.IntegerArray(values, ~is_kept)


def _texts_at(
    manifest: pd.DataFrame, rows: NDArray[np.intp], column: str
) -> pd.api.extensions.ExtensionArray:
    return manifest[column].array.take(rows, allow_fill=True, fill_value="")


def _moves(images: pd.DataFrame) -> pd.DataFrame:
    """One row per changed image and landmark that it left or came to: `landmark_id`, `move`, `reason`."""
    relabelled = images["change"] == "relabelled"
    sides = [
        (~relabelled & images["landmark_after"].notna(), "landmark_after", "added"),
        (~relabelled & images["landmark_before"].notna(), "landmark_before", "removed"),
        (relabelled, "landmark_after", "relabelled_in"),
        (relabelled, "landmark_before", "relabelled_out"),
    ]
    parts = [
        images.loc[rows, [column, "reason"]].set_axis(["landmark_id", "reason"], axis=1).assign(move=move)
        for rows, column, move in sides
    ]
    return pd.concat(parts, ignore_index=True).astype({"landmark_id": "int64", "move": "str"})


def _landmark_change(table: pd.DataFrame) -> pd.api.extensions.ExtensionArray:
    before, after = table["images_before"], table["images_after"]
    cases = {
        "added": before == 0,
        "relabelled": (after == 0) & (table["relabelled_out"] == before),
        "removed": after == 0,
        "shrunk": after < before,
        "grown": after > before,
    }
    return pd.array(np.select(list(cases.values()), list(cases), "exchanged"), dtype="str")


def _reasons(moves: pd.DataFrame) -> pd.Series:
    counts = moves.groupby(["landmark_id", "move", "reason"]).size().reset_index(name="images")
    by = ["landmark_id", "images", "move", "reason"]
    counts = counts.sort_values(by, ascending=[True, False, True, True])
    move = counts["move"].str.replace("_", " ")
    reason = counts["reason"].where(counts["reason"] != "", "not in the list")
    counts["text"] = move + " " + counts["images"].astype("str") + ": " + reason
    return counts.groupby("landmark_id")["text"].agg("; ".join).astype("str")
