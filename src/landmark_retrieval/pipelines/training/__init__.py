"""One embedding model per variant."""

from landmark_retrieval.pipelines.training.pipeline import create_pipeline

__all__ = ["create_pipeline"]
