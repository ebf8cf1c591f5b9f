"""Training of embedding models on labelled photographs."""

from landmark_retrieval.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "checkpoints": ["Checkpoints", "training_fingerprint"],
        "settings": ["AugmentationSettings", "TrainingSettings"],
        "trainer": ["train"],
    },
)
