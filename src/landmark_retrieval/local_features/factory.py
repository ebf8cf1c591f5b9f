"""Local feature extractor selected by its settings."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.delf.settings import DelfSettings
from landmark_retrieval.local_features.extractor import Extractor
from landmark_retrieval.local_features.kornia_extractor import Kornia, KorniaSettings
from landmark_retrieval.local_features.root_sift import RootSift, RootSiftSettings

FeatureSettings = Annotated[RootSiftSettings | DelfSettings | KorniaSettings, Field(discriminator="kind")]


def make_extractor(settings: FeatureSettings, device: str, delf: Any | None = None) -> Extractor:
    """The extractor of these settings; `delf` is the trained `DelfModel`, `device` that of the networks.

    Raises:
        DataError: the settings are of DELF, but no model is given.
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
