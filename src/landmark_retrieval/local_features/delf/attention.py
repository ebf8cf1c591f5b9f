"""DELF's attention: how much each position of a feature map counts."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Attention(nn.Module):
    """Scores of the positions of a map: two 1×1 convolutions and softplus (Noh et al. 2017, §4.2).

    Args:
        channels: of the map.
        hidden: channels between the two.
    """

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.hidden = nn.Conv2d(channels, hidden, kernel_size=1)
        self.norm = nn.BatchNorm2d(hidden)
        self.score = nn.Conv2d(hidden, 1, kernel_size=1)

    def forward(self, maps: Tensor) -> Tensor:
        """Scores `(b, h, w)` float32, at least 0, of maps `(b, channels, h, w)`."""
        with torch.autocast(maps.device.type, enabled=False):
            return functional.softplus(self.score(self.norm(self.hidden(maps.float())).relu()))[:, 0]


def attended(maps: Tensor, scores: Tensor) -> Tensor:
    """Mean over the positions of score times L2-normalised vector, `(b, channels)` float32.

    The paper sums the vectors as they are (Eq. 1); its code normalises them and divides by the number of
    positions, so that attention cannot follow their length and pictures of any size weigh alike.

    Args:
        maps: `(b, channels, h, w)`.
        scores: `(b, h, w)`.
    """
    return torch.einsum("bchw,bhw->bc", functional.normalize(maps.float(), dim=1), scores) / scores[0].numel()
