"""Raw files to tables, tables to manifests of the training variants."""

from landmark_retrieval.pipelines.data_cleaning.pipeline import create_pipeline

__all__ = ["create_pipeline"]
