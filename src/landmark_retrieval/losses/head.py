"""The loss of a name."""

from __future__ import annotations

from landmark_retrieval.losses.arcface import ArcFace
from landmark_retrieval.losses.config import LossSettings
from landmark_retrieval.losses.cosface import CosFace
from landmark_retrieval.losses.cosine_softmax import CosineSoftmax

LOSSES: dict[str, type[CosineSoftmax]] = {"arcface": ArcFace, "cosface": CosFace}


def build_head(settings: LossSettings, n_landmarks: int, dim: int) -> CosineSoftmax:
    """A randomly initialised head for `n_landmarks` landmarks and vectors of `dim` columns."""
    return LOSSES[settings.name](n_landmarks, dim, settings.scale, settings.margin)
