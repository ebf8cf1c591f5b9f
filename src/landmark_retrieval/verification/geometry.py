"""Local features and their verification, wherever pairs of photographs are compared."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from landmark_retrieval.configuration import Settings
from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.delf.settings import DelfSettings
from landmark_retrieval.local_features.extractor import Extractor
from landmark_retrieval.local_features.kornia_extractor import Kornia, KorniaSettings
from landmark_retrieval.local_features.root_sift import RootSift, RootSiftSettings
from landmark_retrieval.verification.settings import VerificationSettings

FeatureSettings = Annotated[RootSiftSettings | DelfSettings | KorniaSettings, Field(discriminator="kind")]


class GeometrySettings(Settings):
    """Which local features are found, and how those of two photographs are compared."""

    features: FeatureSettings
    verification: VerificationSettings
    workers: int = Field(ge=1, description="threads that extract, processes that verify")


def extractor(settings: FeatureSettings, device: str, delf: Any | None = None) -> Extractor:
    """What finds the local features that are asked for.

    Args:
        settings: kind and bounds.
        device: of networks.
        delf: our own DELF model, where there is one.

    Raises:
        DataError: DELF is asked for, but none is trained.
    """
    if isinstance(settings, RootSiftSettings):
        return RootSift(settings)
    from landmark_retrieval.models.device import choose_device

    if isinstance(settings, KorniaSettings):
        return Kornia(settings, choose_device(device))
    if delf is None:
        raise DataError("geometry.features.kind: delf, but experiments.delf names no variant to train it on")
    from landmark_retrieval.local_features.delf.extractor import Delf

    return Delf(delf, settings, choose_device(device))
