"""Settings and registry of the cosine softmax losses."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import AfterValidator, Field

from landmark_retrieval.configuration import Settings

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
