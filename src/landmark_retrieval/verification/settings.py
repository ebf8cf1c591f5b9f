"""Settings of local features and of geometric verification."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from landmark_retrieval.configuration import Settings
from landmark_retrieval.local_features.factory import FeatureSettings
from landmark_retrieval.verification.affine import AffineSettings
from landmark_retrieval.verification.homography import HomographySettings
from landmark_retrieval.verification.matching import MatchingSettings

TransformSettings = Annotated[AffineSettings | HomographySettings, Field(discriminator="transform")]


class VerificationSettings(Settings):
    """Matching, the transform behind the matches, and the seed of its sampling."""

    matching: MatchingSettings
    consensus: TransformSettings = Field(description="kind of transform, and how it is searched for")
    seed: int = Field(description="of the sampling; that of a pair is made from it and the two ids")


class GeometrySettings(Settings):
    """Which local features are extracted, and how those of two photographs are compared."""

    features: FeatureSettings
    verification: VerificationSettings
    workers: int = Field(ge=1, description="threads that extract, processes that verify")
