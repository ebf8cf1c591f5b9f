"""Figures with intervals, their comparison, and a page to look at."""

from landmark_retrieval.pipelines.evaluation.pipeline import create_pipeline

__all__ = ["create_pipeline"]
