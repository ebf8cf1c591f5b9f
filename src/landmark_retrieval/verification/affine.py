"""The affine transform most matches agree on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

MIN_MATCHES = 4
"""Three matches always agree on some affine transform: fewer than four prove nothing (§F of DELF's matching)."""


class AffineSettings(BaseModel):
    """How an affine transform is searched for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold_px: float = Field(gt=0, description="pixels an inlier may lie off in the second picture")
    iterations: int = Field(gt=0, description="random samples of three matches at most")
    confidence: float = Field(gt=0, lt=1, description="chance of a good sample at which sampling stops early")
    max_stretch: float = Field(ge=1, description="longest over shortest axis a unit circle may be drawn out to")
    
