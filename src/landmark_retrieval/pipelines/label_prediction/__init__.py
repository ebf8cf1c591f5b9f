"""Landmarks of index and query images, voted for by their neighbours in the train set."""

from landmark_retrieval.pipelines.label_prediction.pipeline import create_pipeline

__all__ = ["create_pipeline"]
