"""Generalised-mean (GeM) pooling."""

from __future__ import annotations

import torch
from torch import Tensor, nn

EPSILON = 1e-6
"""Activations below it are raised to it: a power of a negative number is not defined."""


class GeM(nn.Module):
    """`(mean over positions of max(x, ε)^p)^(1/p)` with one exponent for all channels (Radenović et al.).

    Attributes:
        p: exponent, `()` float32; a parameter if it is trainable, else a buffer.
        epsilon: lower bound of the activations.
    """

    p: Tensor

    def __init__(self, p: float, *, trainable: bool, epsilon: float = EPSILON) -> None:
        super().__init__()
        self.epsilon = epsilon
        exponent = torch.tensor(float(p))
        if trainable:
            self.p = nn.Parameter(exponent)
        else:
            self.register_buffer("p", exponent)

    def forward(self, maps: Tensor) -> Tensor:
        """Pool `(b, channels, h, w)` of any float type to `(b, channels)` float32."""
        # Powers and roots lose all precision in bfloat16.
        with torch.autocast(maps.device.type, enabled=False):
            positive = maps.float().clamp(min=self.epsilon)
            # Relative to the largest activation no power vanishes, whose root would have no gradient.
            largest = positive.detach().amax(dim=(-2, -1), keepdim=True)
            means = (positive / largest).pow(self.p).mean(dim=(-2, -1))
            return means.pow(1.0 / self.p) * largest.flatten(1)
