"""Cosine softmax losses, which train an embedding model."""

from landmark_retrieval.lazy import attach
from landmark_retrieval.losses.config import LOSSES

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "config": ["LossSettings", "build_head"],
        "cosine_softmax": ["CosineSoftmax"],
        **{module: [loss] for module, loss in LOSSES.items()},
    },
)
