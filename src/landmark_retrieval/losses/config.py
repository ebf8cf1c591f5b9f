"""Settings and registry of the cosine softmax losses."""

from __future__ import annotations

import math
from importlib import import_module
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from landmark_retrieval.configuration import Settings

if TYPE_CHECKING:
    from landmark_retrieval.losses.cosine_softmax import CosineSoftmax

LOSSES = {
    "arcface": "ArcFace",
    "cosface": "CosFace",
}
"""Class of each loss; it is in the module of the loss's name."""


def _registered(name: str) -> str:
    if name not in LOSSES:
        raise ValueError(f"expected one of {', '.join(LOSSES)}, found {name!r}")
    return name


class LossSettings(Settings):
    """A cosine softmax loss with a margin.

    Attributes:
        name: One of `LOSSES`: "arcface" adds the margin to the angle, "cosface" subtracts it from the cosine.
        scale: s, factor of the cosines before the softmax.
        margin: m, radians for ArcFace, cosine for CosFace.
    """

    name: Annotated[str, AfterValidator(_registered)]
    scale: Annotated[float, Field(gt=0)]
    margin: Annotated[float, Field(ge=0, lt=math.pi / 2)]


def build_head(settings: LossSettings, n_landmarks: int, dim: int) -> CosineSoftmax:
    """A randomly initialised head for `n_landmarks` landmarks and vectors of `dim` columns."""
    module = import_module(f"landmark_retrieval.losses.{settings.name}")
    loss: type[CosineSoftmax] = getattr(module, LOSSES[settings.name])
    return loss(n_landmarks, dim, settings.scale, settings.margin)
