"""Settings of local features and geometric verification, shared by all pairs of photographs."""

from __future__ import annotations

from pydantic import Field

from landmark_retrieval.configuration import Settings
from landmark_retrieval.local_features.factory import FeatureSettings
from landmark_retrieval.verification.settings import VerificationSettings


class GeometrySettings(Settings):
    """Which local features are extracted, and how those of two photographs are compared."""

    features: FeatureSettings
    verification: VerificationSettings
    workers: int = Field(ge=1, description="threads that extract, processes that verify")
