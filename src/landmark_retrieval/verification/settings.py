"""Settings of geometric verification: matching, transform, seed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from landmark_retrieval.configuration import Settings
from landmark_retrieval.verification.affine import AffineSettings
from landmark_retrieval.verification.homography import HomographySettings
from landmark_retrieval.verification.matching import MatchingSettings

TransformSettings = Annotated[AffineSettings | HomographySettings, Field(discriminator="transform")]


class VerificationSettings(Settings):
    """Matching, the transform behind the matches, and the seed of its sampling."""

    matching: MatchingSettings
    consensus: TransformSettings = Field(description="kind of transform, and how it is searched for")
    seed: int = Field(description="of the sampling; that of a pair is made from it and the two ids")
