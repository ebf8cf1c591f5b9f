"""Counts that a publication states about a training set, compared with those of a manifest."""

from __future__ import annotations

import pandas as pd
from pydantic import Field

from landmark_retrieval.configuration import Settings
from landmark_retrieval.errors import DataError
from landmark_retrieval.manifests.manifest import checked_manifest


class PublishedCounts(Settings):
    """Expected counts after the removal of landmarks.

    For GLDv2-clean against revisited Oxford and Paris (CiDeR, tables of RGLDv2-clean): 18 landmarks and 1,565
    images are removed, 1,578,905 images of 81,295 landmarks are kept.
    """

    removed_landmarks: int = Field(ge=0, description="kept before, none of their images kept after")
    removed_images: int = Field(ge=0, description="kept before, not after")
    images: int = Field(ge=0, description="kept after")
    landmarks: int = Field(ge=0, description="with a kept image after")


def counts(parent: pd.DataFrame, manifest: pd.DataFrame) -> PublishedCounts:
    """The counts of a manifest and the one it was made from."""
    before, after = (checked_manifest(table).query("kept") for table in (parent, manifest))
    landmarks = set(after["landmark_id"])
    return PublishedCounts(
        removed_landmarks=len(set(before["landmark_id"]) - landmarks),
        removed_images=int((~before["image_id"].isin(after["image_id"])).sum()),
        images=len(after),
        landmarks=len(landmarks),
    )


def check_published(parent: pd.DataFrame, manifest: pd.DataFrame, expected: PublishedCounts) -> None:
    """Check a manifest against published figures; the landmarks were removed from `parent`.

    Raises:
        DataError: figures differ; each is named, expected and found, with the size of the parent.
    """
    found, wanted = counts(parent, manifest).model_dump(), expected.model_dump()
    wrong = [
        f"{name.replace('_', ' ')}: expected {wanted[name]:,}, found {found[name]:,}"
        for name in wanted
        if wanted[name] != found[name]
    ]
    if wrong:
        before = checked_manifest(parent).query("kept")
        size = f"{len(before):,} images of {before['landmark_id'].nunique():,} landmarks"
        raise DataError(f"published figures are missed, starting from {size}: {'; '.join(wrong)}")
