"""Loss head selected by its settings."""

from __future__ import annotations

from importlib import import_module

from landmark_retrieval.losses.config import LOSSES, LossSettings
from landmark_retrieval.losses.cosine_softmax import CosineSoftmax


def build_head(settings: LossSettings, n_landmarks: int, dim: int) -> CosineSoftmax:
    """A randomly initialised head for `n_landmarks` landmarks and vectors of `dim` columns."""
    module = import_module(f"landmark_retrieval.losses.{settings.name}")
    loss: type[CosineSoftmax] = getattr(module, LOSSES[settings.name])
    return loss(n_landmarks, dim, settings.scale, settings.margin)
