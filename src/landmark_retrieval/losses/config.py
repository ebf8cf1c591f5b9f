"""Which cosine softmax loss, and how strict."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from landmark_retrieval.configuration import Settings


class LossSettings(Settings):
    """A cosine softmax loss with a margin.

    Attributes:
        name: "arcface" adds the margin to the angle, "cosface" takes it from the cosine.
        scale: s, factor of the cosines before the softmax.
        margin: m, radians for ArcFace, cosine for CosFace.
    """

    name: Literal["arcface", "cosface"]
    scale: Annotated[float, Field(gt=0)]
    margin: Annotated[float, Field(ge=0, lt=math.pi / 2)]
