"""The embedding model: backbone, GeM pooling, projection (two-stage paper §3.1)."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from landmark_retrieval.models.backbone import Backbone
from landmark_retrieval.models.config import ModelSettings
from landmark_retrieval.models.gem import GeM
from landmark_retrieval.models.model_files import read_model
from landmark_retrieval.models.weights import load_into, read_backbone_state


class EmbeddingModel(nn.Module):
    """Randomly initialised network from photographs to vectors, not normalised.

    Attributes:
        settings: from which it was built.
        dim: columns of its output.
        projection: linear layer and batch normalisation, empty where `settings.dim` is None.

    Raises:
        DataError: the backbone is unknown or not convolutional.
    """

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__()
        self.settings = settings
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(settings.seed)
            self.backbone = Backbone(settings.backbone)
            self.gem = GeM(settings.gem_p, trainable=settings.gem_trainable)
            self.projection = _projection(self.backbone.channels, settings.dim)
        self.dim = settings.dim or self.backbone.channels

    def forward(self, images: Tensor) -> Tensor:
        """Vectors `(b, dim)` float32 of normalised images `(b, 3, height, width)`."""
        pooled = self.gem(self.backbone(images))
        # The projection costs nothing beside the backbone, and the margin is sensitive to rounding.
        with torch.autocast(images.device.type, enabled=False):
            return self.projection(pooled)


def build_model(settings: ModelSettings) -> EmbeddingModel:
    """A new embedding model with the weights `settings.weights`; the others are random.

    Raises:
        DataError: unknown backbone or weights, weights that cannot be read or do not fit.
    """
    model = EmbeddingModel(settings)
    if settings.weights is None:
        return model
    folder = Path(settings.weights)
    if folder.is_dir():
        load_into(model, read_model(folder, ModelSettings)[1], source=settings.weights)
    else:
        state = read_backbone_state(settings.backbone, settings.weights)
        load_into(model.backbone, state, source=settings.weights)
    return model


def _projection(channels: int, dim: int | None) -> nn.Sequential:
    if dim is None:
        return nn.Sequential()
    linear = nn.Linear(channels, dim)
    nn.init.xavier_normal_(linear.weight)
    nn.init.zeros_(linear.bias)
    return nn.Sequential(linear, nn.BatchNorm1d(dim))
