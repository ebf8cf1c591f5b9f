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


def scaled_size(size: tuple[int, int], scale: float, settings: EmbeddingSettings) -> tuple[int, int]:
    """Pixels of both sides at a scale: floored to `multiple_of`, at least `min_side`.

    What is too small is enlarged: each side by itself where sizes are those of aspect groups (reference code
    of the two-stage paper), else both by one factor.
    """
    multiple, least = settings.multiple_of, settings.min_side
    first, second = (int(side * scale) // multiple * multiple for side in size)
    if settings.aspect_groups is not None or min(first, second) >= least:
        return max(first, least), max(second, least)
    factor = least / (min(size) * scale)
    first, second = (round(side * scale * factor / multiple) * multiple for side in size)
    return max(first, least), max(second, least)


def _resize(images: Tensor, scale: float, settings: EmbeddingSettings) -> Tensor:
    height, width = images.shape[2:]
    size = scaled_size((height, width), scale, settings)
    if size == (height, width):
        return images
    return functional.interpolate(images, size, mode="bilinear", align_corners=True)
