"""Cosine softmax losses, which train an embedding model."""

from landmark_retrieval.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "arcface": ["ArcFace"],
        "config": ["LossSettings"],
        "cosface": ["CosFace"],
        "cosine_softmax": ["CosineSoftmax"],
        "head": ["build_head"],
    },
)
