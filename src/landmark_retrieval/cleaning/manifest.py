"""Manifests: what a variant contains, why, and how two of them differ."""

from __future__ import annotations

import hashlib
import json

import pandas as pd

from landmark_retrieval.tables import Manifest, TrainImages
from landmark_retrieval.verification.evidence import checked_table

AS_PUBLISHED = "as published"
IDENTITY = ("image_id", "landmark_id", "kept", "reason", "source")
"""Columns that make a manifest what it is; where the files lie and how large they are does not."""


def as_published(train: pd.DataFrame, source: str) -> pd.DataFrame:
    """The manifest that keeps every image of a `TrainImages` table, all of the source named."""
    return train.reset_index(drop=True).assign(
        kept=True, reason=pd.Series(AS_PUBLISHED, train.index, dtype="str").array, source=source
    )


def checked_manifest(table: pd.DataFrame) -> pd.DataFrame:
    """The table itself, rows numbered anew.

    Raises:
        DataError: it is no `tables.Manifest`: a column is missing or of another type, an image stands twice.
    """
    return checked_table(table, Manifest, "manifest")


def kept(manifest: pd.DataFrame) -> pd.DataFrame:
    """The images a manifest keeps, as a `TrainImages` table in the manifest's order."""
    columns = list(TrainImages.to_schema().columns)
    return manifest.loc[manifest["kept"], columns].reset_index(drop=True)


def manifest_fingerprint(manifest: pd.DataFrame) -> str:
    """SHA-256 of what a manifest says, whatever the order of its rows or the format of its file.

    One JSON array of the `IDENTITY` columns per image and line, in the order of `image_id`.

    Raises:
        DataError: the table is no manifest.
    """
    rows = checked_manifest(manifest).sort_values("image_id")[list(IDENTITY)]
    digest = hashlib.sha256()
    for row in rows.itertuples(index=False, name=None):
        digest.update(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return digest.hexdigest()


def manifest_difference(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """What happened to images between two manifests, ordered by `image_id`.

    Returns:
        Columns `image_id`, `change` (of the kept images: added, removed or relabelled), `landmark_before` and
        `landmark_after` (Int64, missing where not kept), `reason` (of `after`; empty where that lacks it).
    """
    old = checked_manifest(before).query("kept").set_index("image_id")["landmark_id"]
    new = checked_manifest(after).query("kept").set_index("image_id")["landmark_id"]
    table = (
        pd.concat([old, new], axis=1, keys=["landmark_before", "landmark_after"]).astype("Int64").sort_index()
    )
    was, stays = table["landmark_before"].notna(), table["landmark_after"].notna()
    moved = was & stays & (table["landmark_before"] != table["landmark_after"]).fillna(False)
    table["change"] = pd.Series("", table.index, dtype="str").mask(moved, "relabelled")
    table["change"] = table["change"].mask(was & ~stays, "removed").mask(~was & stays, "added")
    table["reason"] = after.set_index("image_id")["reason"].reindex(table.index, fill_value="")
    changed = table[table["change"] != ""].reset_index(names="image_id")
    return changed[["image_id", "change", "landmark_before", "landmark_after", "reason"]]
