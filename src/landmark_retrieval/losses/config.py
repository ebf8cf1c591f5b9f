"""Which cosine softmax loss, and how strict."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class LossSettings(BaseModel):
    """A cosine softmax loss with a margin.

    Attributes:
        name: "arcface" adds the margin to the angle, "cosface" takes it from the cosine.
        scale: s, factor of the cosines before the softmax.
        margin: m, radians for ArcFace, cosine for CosFace.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Literal["arcface", "cosface"]
    scale: Annotated[float, Field(gt=0)]
    margin: Annotated[float, Field(ge=0, lt=math.pi / 2)]
