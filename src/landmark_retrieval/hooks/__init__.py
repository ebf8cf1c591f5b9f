"""Kedro hooks of every run: seeds, progress, lineage, MLflow."""
