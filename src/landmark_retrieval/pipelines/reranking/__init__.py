"""One ranking per system, ablation and benchmark."""

from landmark_retrieval.pipelines.reranking.pipeline import create_pipeline

__all__ = ["create_pipeline"]
