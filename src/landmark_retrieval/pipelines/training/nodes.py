"""Nodes of training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from landmark_retrieval.cleaning.manifest import kept, manifest_fingerprint
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.models.config import ModelSettings
from landmark_retrieval.training.settings import TrainingSettings


def start(settings: ModelSettings) -> Any:
    """The model that the first variant's training starts from."""
    from landmark_retrieval.models.embedding_model import build_model

    return build_model(settings)
