"""Settings of local features and of geometric verification."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from landmark_retrieval.configuration import Settings
from landmark_retrieval.local_features.factory import FeatureSettings
from landmark_retrieval.local_features.kornia_extractor import KorniaSettings
from landmark_retrieval.verification.affine import AffineSettings
from landmark_retrieval.verification.homography import HomographySettings
from landmark_retrieval.verification.light_glue import LightGlueSettings
from landmark_retrieval.verification.matching import MatchingSettings

TransformSettings = Annotated[AffineSettings | HomographySettings, Field(discriminator="transform")]


class VerificationSettings(Settings):
    """Matching, the transform behind the matches, and the seed of its sampling."""

    matching: Annotated[MatchingSettings | LightGlueSettings, Field(discriminator="method")]
    consensus: TransformSettings = Field(description="kind of transform, and how it is searched for")
    seed: int = Field(description="of the sampling; that of a pair is made from it and the two ids")


class GeometrySettings(Settings):
    """Which local features are extracted, and how those of two photographs are compared."""

    features: FeatureSettings
    verification: VerificationSettings
    workers: int = Field(ge=1, description="threads that extract, processes that verify")

    @model_validator(mode="after")
    def _features_are_those_of_the_matcher(self) -> Self:
        matching = self.verification.matching
        if isinstance(matching, LightGlueSettings):
            features = self.features
            found = features.model if isinstance(features, KorniaSettings) else features.kind
            if found != matching.features:
                raise ValueError(
                    f"verification.matching matches {matching.features} features alone, features are {found}"
                )
        return self
