"""ArcFace: an angular margin (two-stage paper §3.1, Eq. 1)."""

from __future__ import annotations

import math

from torch import Tensor, where

from landmark_retrieval.losses.cosine_softmax import CosineSoftmax

LARGEST_COSINE = 1 - 1e-7
"""Rounding takes cosines beyond 1; at 1 itself the gradient of the sine is infinite."""


class ArcFace(CosineSoftmax):
    """The target's logit is `s·cos(θ + m)`, m in radians.

    The paper's Eq. 2 calls the cosine the angle; θ is its arc cosine. Where θ + m would pass π the cosine
    grows again: there `cos θ − m·sin(π − m)` goes on falling (as in the reference code of the paper).
    """

    def with_margin(self, cosines: Tensor) -> Tensor:
        """`cos(θ + m)` of `cosines`, any shape."""
        cosines = cosines.clamp(-LARGEST_COSINE, LARGEST_COSINE)
        sines = (1 - cosines**2).clamp(0, 1).sqrt()
        shifted = cosines * math.cos(self.margin) - sines * math.sin(self.margin)
        fallback = cosines - self.margin * math.sin(math.pi - self.margin)
        return where(cosines > math.cos(math.pi - self.margin), shifted, fallback)
