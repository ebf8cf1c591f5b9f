"""Cleaning of a training set by spatial verification (two-stage paper §4)."""

from __future__ import annotations

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from landmark_retrieval.cleaning.manifest import checked_manifest
from landmark_retrieval.errors import DataError
from landmark_retrieval.verification.evidence import checked_evidence, is_verified


class CleaningSettings(BaseModel):
    """When an image of a noisy training set is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    neighbours: int = Field(gt=0, description="nearest images looked at for each image")
    max_verified: int = Field(gt=0, description="of these, at most so many of the same landmark are verified")
    min_inliers: int = Field(ge=0, description="inliers that verify a pair")
    strict: bool = Field(description="more than min_inliers needed (paper), else as many (its code)")
    min_frequency: int = Field(gt=0, description="verified images needed to keep an image")
    min_landmark_size: int = Field(
        gt=0, description="kept images needed to keep a landmark; 1 keeps all (paper)"
    )


def decide(evidence: pd.DataFrame, source: pd.DataFrame, settings: CleaningSettings) -> pd.DataFrame:
    """The manifest of the cleaned variant: every image of the source manifest, in or out, with its reason.

    An image is kept if enough others verify it. A pair counts if it passes `min_inliers` and is of two
    different images of one landmark that the source keeps. What the source leaves out stays out, with the
    source's reason.

    Args:
        evidence: `PairEvidence`; a row speaks for its `image_id`.
        source: `tables.Manifest` of the variant to clean.
        settings: thresholds.

    Raises:
        DataError: evidence or manifest break their schema, or evidence names an image the source lacks.
    """
    manifest = checked_manifest(source).copy()
    verified = _count_verified(checked_evidence(evidence), manifest, settings)
    stays = manifest["kept"] & (verified >= settings.min_frequency)
    sizes = stays.groupby(manifest["landmark_id"]).transform("sum")
    large = sizes >= settings.min_landmark_size
    reason = verified.map(lambda n: _reason(n, settings.min_frequency)).astype("str")
    reason = reason.mask(stays & ~large, f"landmark left with fewer than {settings.min_landmark_size} images")
    manifest["reason"] = reason.where(manifest["kept"], manifest["reason"]).astype("str")
    manifest["kept"] = stays & large
    return manifest


def _count_verified(evidence: pd.DataFrame, manifest: pd.DataFrame, settings: CleaningSettings) -> pd.Series:
    """By how many images each image of the manifest is verified, in the manifest's order."""
    known = manifest.set_index("image_id")
    for column in ("image_id", "other_id"):
        unknown = evidence.loc[~evidence[column].isin(known.index), column]
        if len(unknown):
            raise DataError(f"evidence: {column} {unknown.iloc[0]!r} is not in the manifest")
    landmark = known["landmark_id"].where(known["kept"])
    mine, other = landmark.loc[evidence["image_id"]].array, landmark.loc[evidence["other_id"]].array
    counts = is_verified(evidence["inliers"], settings.min_inliers, settings.strict)
    counts &= (evidence["image_id"] != evidence["other_id"]) & (mine == other)
    frequency = evidence.loc[counts, "image_id"].value_counts()
    return manifest["image_id"].map(frequency).fillna(0).astype("int64")


def _reason(verified: int, needed: int) -> str:
    if verified >= needed:
        return f"verified by {verified} image{'s' if verified != 1 else ''}"
    return f"verified by {verified} of {needed} needed image{'s' if needed != 1 else ''}"
