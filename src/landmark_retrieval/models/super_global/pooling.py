"""Regional-GeM and GeM+: SuperGlobal's pooling of a trained network (Shao et al., ICCV 2023)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from landmark_retrieval.errors import DataError
from landmark_retrieval.models.config import SuperGlobalSettings
from landmark_retrieval.models.embedding_model import EmbeddingModel
from landmark_retrieval.models.gem import GeM
from landmark_retrieval.models.super_global.relu_p import raise_activations

EPSILON = 1e-8
"""Activations below it are raised to it by GeM+."""


class RegionalGeM(nn.Module):
    """Half a map, half the generalised mean of the window around each position.

    `½·x + ½·(mean over the window of x^p)^(1/p)`, stride 1, reflected at the border. The authors' code
    expresses it as LP-pooling of `x / window^(2/p)`, which is equivalent.

    Attributes:
        p: exponent.
        window: side of the window in positions, odd.
    """

    def __init__(self, p: float, window: int) -> None:
        super().__init__()
        self.p = p
        self.window = window

    def forward(self, maps: Tensor) -> Tensor:
        """Maps `(b, channels, h, w)` float32 of maps of any float type; negative values count as 0.

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


class SuperGlobalPooling(nn.Module):
    """Regional-GeM, then GeM with another exponent (GeM+); the network was trained with the pooling `own`."""

    def __init__(self, own: nn.Module, settings: SuperGlobalSettings) -> None:
        super().__init__()
        self.own = own
        self.regional = RegionalGeM(settings.regional_p, settings.window)
        self.gem = GeM(settings.gem_p, trainable=False, epsilon=EPSILON)
        self.unit_length = settings.unit_length

    def forward(self, maps: Tensor) -> Tensor:
        """Pool `(b, channels, h, w)` of any float type to `(b, channels)` float32.

        Raises:
            DataError: the maps are smaller than the windows of Regional-GeM allow.
        """
        pooled = functional.normalize(self.gem(self.regional(maps)))
        return pooled if self.unit_length else pooled * self.own(maps).norm(dim=1, keepdim=True)


def pool_super_globally(model: EmbeddingModel, settings: SuperGlobalSettings) -> None:
    """Give a trained model in evaluation mode ReLUP, Regional-GeM and GeM+, in place; its weights stay.

    Raises:
        DataError: ReLUP is requested and the backbone has no ReLU to replace.
    """
    if settings.relu_floor is not None:
        raise_activations(model.backbone, settings.relu_floor)
    model.register_module("gem", SuperGlobalPooling(model.gem, settings))
