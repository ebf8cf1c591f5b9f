"""Regional-GeM pooling."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from landmark_retrieval.errors import DataError


class RegionalGeM(nn.Module):
    """Half a map, half the generalised mean of the window around each position (SuperGlobal, Shao et al.).

    `½·x + ½·(mean over the window of x^p)^(1/p)`, stride 1; the border is continued by reflection. The
    authors' code has it as LP-pooling of `x / window^(2/p)`, which is the same.

    Attributes:
        p: exponent.
        window: side of the window in positions, odd.
    """

    def __init__(self, p: float, window: int) -> None:
        super().__init__()
        self.p = p
        self.window = window

    def forward(self, maps: Tensor) -> Tensor:
        """Maps `(b, channels, h, w)` float32 of maps of any float type; what is negative counts as 0.

        Raises:
            DataError: a side of the map is too short to be reflected.
        """
        margin = self.window // 2
        if min(maps.shape[-2:]) <= margin:
            raise DataError(
                f"Regional-GeM: a window of {self.window} needs maps of {margin + 1} x {margin + 1}, found "
                f"{maps.shape[-2]} x {maps.shape[-1]}: embed larger photographs or raise min_side"
            )
        # Powers and roots lose all precision in bfloat16.
        with torch.autocast(maps.device.type, enabled=False):
            positive = maps.float().clamp(min=0)
            powers = functional.pad(positive.pow(self.p), (margin,) * 4, mode="reflect")
            means = functional.avg_pool2d(powers, self.window, stride=1)
            return (positive + means.pow(1 / self.p)) / 2
