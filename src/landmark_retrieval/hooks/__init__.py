"""What cuts across every run: seeds, progress, lineage, MLflow."""
