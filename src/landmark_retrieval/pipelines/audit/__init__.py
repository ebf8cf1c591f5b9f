"""What differs between two manifests, why, and whether it changes a conclusion."""

from landmark_retrieval.pipelines.audit.pipeline import create_pipeline

__all__ = ["create_pipeline"]
