"""Kedro pipelines: nodes that adapt the library, wiring that follows the experiments."""
