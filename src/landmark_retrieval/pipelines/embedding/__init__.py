"""Global descriptors of every variant's training images and of the benchmarks."""

from landmark_retrieval.pipelines.embedding.pipeline import create_pipeline

__all__ = ["create_pipeline"]
