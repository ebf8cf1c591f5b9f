"""Embedding at several scales."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from landmark_retrieval.models.config import EmbeddingSettings
from landmark_retrieval.models.embedding_model import EmbeddingModel


def embed_at_scales(model: EmbeddingModel, images: Tensor, settings: EmbeddingSettings) -> Tensor:
    """L2-normalised embeddings `(b, dim)` float32 of normalised images `(b, 3, height, width)`.

    A model with a projection has its outputs averaged as they are (reference code of the two-stage paper);
    pooled vectors without one are normalised, then combined by a power mean with GeM's exponent (GeM). The
    outputs of a model that pools super-globally are normalised, then their element-wise maximum is taken.
    """
    outputs = []
    for scale in settings.scales:
        scaled = _resize(images, scale, settings)
        with torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=settings.amp):
            outputs.append(model(scaled))
    vectors = torch.stack(outputs)
    if settings.super_global is not None:
        return functional.normalize(functional.normalize(vectors, dim=2).amax(dim=0))
    if model.settings.dim is not None:
        return functional.normalize(power_mean(vectors, 1.0))
    return functional.normalize(power_mean(functional.normalize(vectors, dim=2), float(model.gem.p)))


def power_mean(vectors: Tensor, power: float) -> Tensor:
    """`(mean_s v_s^power)^(1/power)` of `(n_scales, b, dim)`, not negative unless power is 1."""
    return vectors.pow(power).mean(dim=0).pow(1 / power)


def scaled_side(side: int, scale: float, settings: EmbeddingSettings) -> int:
    """Pixels of a side at a scale: floored to `multiple_of`, at least `min_side`."""
    floored = int(side * scale) // settings.multiple_of * settings.multiple_of
    return max(floored, settings.min_side)


def _resize(images: Tensor, scale: float, settings: EmbeddingSettings) -> Tensor:
    height, width = images.shape[2:]
    size = (scaled_side(height, scale, settings), scaled_side(width, scale, settings))
    if size == (height, width):
        return images
    return functional.interpolate(images, size, mode="bilinear", align_corners=True)
