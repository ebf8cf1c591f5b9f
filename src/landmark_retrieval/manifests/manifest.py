"""Manifests: which images a dataset version contains, and why."""

from __future__ import annotations

import pandas as pd

from landmark_retrieval.errors import DataError
from landmark_retrieval.manifests.table_digest import table_digest
from landmark_retrieval.tables import Manifest, TrainImages, checked_table

AS_PUBLISHED = "as published"
IDENTITY = ("image_id", "landmark_id", "kept", "reason", "evidence", "source", "source_version")
"""Columns that identify a manifest; paths and sizes of the files do not."""


def as_published(train: pd.DataFrame, source: str, source_version: str) -> pd.DataFrame:
    """The manifest that keeps every image of a source's list, `tables.TrainImages`."""
    texts = {"reason": AS_PUBLISHED, "evidence": "", "source": source, "source_version": source_version}
    columns = {name: pd.Series(text, train.index, dtype="str").array for name, text in texts.items()}
    return train.reset_index(drop=True).assign(kept=True, **columns)


def source_version(train_images: pd.DataFrame, image_hashes: pd.DataFrame | None) -> str:
    """Fingerprint of a source's training set: ids, landmarks and contents of its files (`table_digest`).

    Args:
        train_images: `tables.TrainImages`.
        image_hashes: columns `image_id`, `split` and `sha256` (hex); rows of other splits than "train" and of
            images that are not in the list are ignored. None for a source without pictures.

    Raises:
        DataError: an image of the list has no hash, or two.
    """
    train = checked_table(train_images, TrainImages, "train_images")
    if image_hashes is None:
        return table_digest(train[["image_id", "landmark_id"]], "image_id")
    hashes = image_hashes[image_hashes["split"] == "train"]
    repeated = hashes.loc[hashes["image_id"].duplicated(), "image_id"]
    if len(repeated):
        raise DataError(f"image_hashes: train image {repeated.iloc[0]!r} is listed twice")
    rows = pd.Index(hashes["image_id"]).get_indexer(train["image_id"])
    if (rows < 0).any():
        lacking = train["image_id"].iloc[int((rows < 0).argmax())]
        raise DataError(f"image_hashes: expected a row for train image {lacking!r}, found none")
    listed = train[["image_id", "landmark_id"]].assign(sha256=hashes["sha256"].array.take(rows))
    return table_digest(listed, "image_id")


def checked_manifest(table: pd.DataFrame) -> pd.DataFrame:
    """The table itself, with its rows numbered from 0.

    Raises:
        DataError: it is no `tables.Manifest`: a column is missing or of another type, an image is repeated.
    """
    return checked_table(table, Manifest, "manifest")


def kept(manifest: pd.DataFrame) -> pd.DataFrame:
    """The images a manifest keeps, as a `TrainImages` table in the manifest's order."""
    columns = list(TrainImages.to_schema().columns)
    return manifest.loc[manifest["kept"], columns].reset_index(drop=True)


def manifest_fingerprint(manifest: pd.DataFrame) -> str:
    """SHA-256 of a manifest's `IDENTITY` columns (`table_digest`), whatever the order of its rows."""
    return table_digest(checked_manifest(manifest)[list(IDENTITY)], "image_id")
