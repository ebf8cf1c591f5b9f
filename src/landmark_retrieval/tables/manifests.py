"""Tables of dataset versions: manifests, their differences, and what was found in them."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from landmark_retrieval.tables.schema import Table
from landmark_retrieval.tables.sources import TrainImages


class Manifest(TrainImages):
    """Images of a dataset version: kept or removed, and why."""

    kept: Series[bool]
    reason: Series[str]
    evidence: Series[str] = pa.Field(description="artefact the decision rests on, empty for none")
    source: Series[str] = pa.Field(description="name of the source the path belongs to")
    source_version: Series[str] = pa.Field(description="fingerprint of the source's list and files")


class ImageChanges(Table):
    """Difference of two manifests by image; a landmark is missing where the image is not kept."""

    image_id: Series[str] = pa.Field(unique=True)
    change: Series[str] = pa.Field(isin=["added", "removed", "relabelled"])
    landmark_before: Series[pd.Int64Dtype] = pa.Field(nullable=True)
    landmark_after: Series[pd.Int64Dtype] = pa.Field(nullable=True)
    reason_before: Series[str] = pa.Field(description="empty where that manifest lacks the image")
    reason: Series[str]
    evidence: Series[str]


class LandmarkChanges(Table):
    """Difference of two manifests by landmark."""

    landmark_id: Series[int] = pa.Field(unique=True)
    change: Series[str] = pa.Field(isin=["added", "removed", "relabelled", "shrunk", "grown", "exchanged"])
    images_before: Series[int] = pa.Field(ge=0)
    images_after: Series[int] = pa.Field(ge=0)
    added: Series[int] = pa.Field(ge=0)
    removed: Series[int] = pa.Field(ge=0)
    relabelled_in: Series[int] = pa.Field(ge=0)
    relabelled_out: Series[int] = pa.Field(ge=0)
    reasons: Series[str]


class MovedLandmarks(LandmarkChanges):
    """Difference by landmark, with the number of images that came or went."""

    moved: Series[int] = pa.Field(gt=0)


class ReasonChanges(Table):
    """Changed images counted by reason, see `manifests.comparison.reason_kind`."""

    change: Series[str]
    kind_before: Series[str]
    kind: Series[str]
    images: Series[int] = pa.Field(gt=0)
    landmarks: Series[int] = pa.Field(gt=0)
    commonest: Series[str] = pa.Field(description="the most frequent reasons in full")


class Boxes(Table):
    """Box of the landmark in each image, pixels."""

    image_id: Series[str] = pa.Field(unique=True)
    x1: Series[float] = pa.Field(ge=0)
    y1: Series[float] = pa.Field(ge=0)
    x2: Series[float] = pa.Field(gt=0)
    y2: Series[float] = pa.Field(gt=0)
    images: Series[int] = pa.Field(gt=0, description="others that the box was estimated from")
    converged: Series[bool]


class ThresholdSweep(Table):
    """Images and landmarks that cleaning keeps under other thresholds."""

    min_inliers: Series[int]
    min_verified_neighbours: Series[int]
    images: Series[int] = pa.Field(ge=0)
    landmarks: Series[int] = pa.Field(ge=0)


class ThresholdSweepBesideChance(ThresholdSweep):
    """The same beside what chance gives, see `FalseVerifications`."""

    different_share: Series[float] = pa.Field(ge=0, le=1)
    per_image: Series[float] = pa.Field(ge=0)


class FalseVerifications(Table):
    """Pairs of different landmarks beside those of the evidence, by inliers they have at least."""

    min_inliers: Series[int] = pa.Field(unique=True, ge=0)
    used: Series[str] = pa.Field(
        isin=["", "given", "chosen"], description="the threshold of the run, and how"
    )
    different_pairs: Series[int] = pa.Field(ge=0, description="of different landmarks")
    different_share: Series[float] = pa.Field(ge=0, le=1)
    chance: Series[float] = pa.Field(ge=0, le=1, description="upper bound on the rate of a pair")
    per_image: Series[float] = pa.Field(ge=0, description="that bound times the pairs tried for an image")
    evidence_pairs: Series[int] = pa.Field(ge=0)
    evidence_share: Series[float] = pa.Field(ge=0, le=1)


class CopyGroups(Table):
    """Images of a training set in groups of copies of one picture; an image of its own is a group."""

    image_id: Series[str] = pa.Field(unique=True)
    group: Series[int] = pa.Field(ge=0)


class CleaningQuality(Table):
    """Precision and recall of cleaning or overlap removal, where the truth is known."""

    measure: Series[str] = pa.Field(isin=["precision", "recall", "kept"])
    fault: Series[str]
    count: Series[int] = pa.Field(ge=0)
    total: Series[int] = pa.Field(ge=0)
    value: Series[float] = pa.Field(ge=0, le=1, nullable=True)
    low: Series[float] = pa.Field(nullable=True)
    high: Series[float] = pa.Field(nullable=True)


class NearDuplicates(Table):
    """Pairs of images that show the same file, picture or view, see `near_duplicates.pairs`."""

    kind: Series[str] = pa.Field(isin=["bytes", "perceptual", "embedding"])
    image_id: Series[str]
    split: Series[str]
    source: Series[str]
    landmark_id: Series[pd.Int64Dtype] = pa.Field(nullable=True)
    other_id: Series[str]
    other_split: Series[str]
    other_source: Series[str]
    other_landmark_id: Series[pd.Int64Dtype] = pa.Field(nullable=True)
    distance: Series[float] = pa.Field(ge=0, description="bits, or 1 - cosine; 0 for bytes")
