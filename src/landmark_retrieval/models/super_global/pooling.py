"""SuperGlobal's pooling of a trained network at test time (Shao et al., ICCV 2023)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from landmark_retrieval.models.config import SuperGlobalSettings
from landmark_retrieval.models.embedding_model import EmbeddingModel
from landmark_retrieval.models.gem import GeM
from landmark_retrieval.models.super_global.regional_gem import RegionalGeM
from landmark_retrieval.models.super_global.relu_p import raise_activations

EPSILON = 1e-8
"""Activations below it are raised to it by GeM+."""


class SuperGlobalPooling(nn.Module):
    """Regional-GeM, then GeM with another exponent (GeM+).

    Args:
        own: the pooling that the network was trained with.
        settings: exponents, window, length of the result.
    """

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
    """Give a trained model ReLUP, Regional-GeM and GeM+, in place; its weights stay.

    Args:
        model: in evaluation mode.
        settings: what it gets.

    Raises:
        DataError: ReLUP is asked for and the backbone has no ReLU to replace.
    """
    if settings.relu_floor is not None:
        raise_activations(model.backbone, settings.relu_floor)
    model.register_module("gem", SuperGlobalPooling(model.gem, settings))
