"""The generated photographs of the demo, in the formats of the real data."""

from landmark_retrieval.pipelines.world.pipeline import create_pipeline

__all__ = ["create_pipeline"]
