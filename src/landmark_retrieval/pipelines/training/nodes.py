"""Nodes of training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.local_features.delf.settings import DelfTrainingSettings
from landmark_retrieval.manifests.pictures import pictures
from landmark_retrieval.models.config import ModelSettings
from landmark_retrieval.pipelines.prefixes import group_by_prefix
from landmark_retrieval.training.settings import TrainingSettings


def start(settings: ModelSettings) -> Any:
    """The model that the first training starts from."""
    from landmark_retrieval.models.embedding_model import build_model

    return build_model(settings)


def train(
    model: Any,
    manifest: pd.DataFrame,
    checkpoints: Path,
    settings: TrainingSettings,
    device: str,
    **raw: FileTree,
) -> dict[str, Any]:
    """One stage of training on the images that a manifest keeps: `model` and `history`."""
    from landmark_retrieval.models.device import choose_device
    from landmark_retrieval.training import checkpoints as saved
    from landmark_retrieval.training import trainer

    files, images = pictures(manifest, group_by_prefix(raw, "raw"))
    state = saved.Checkpoints(checkpoints, saved.training_fingerprint(model, images, settings))
    trained, history = trainer.train(model, files, images, settings, choose_device(device), state)
    return {"model": trained, "history": history}


def train_delf(
    model: Any,
    manifest: pd.DataFrame,
    checkpoints: Path,
    settings: DelfTrainingSettings,
    device: str,
    **raw: FileTree,
) -> dict[str, Any]:
    """DELF on an embedding model's backbone, from the labels that a manifest keeps: `model`, `history`."""
    from landmark_retrieval.models.device import choose_device
    from landmark_retrieval.training.checkpoints import Checkpoints
    from landmark_retrieval.training.delf import trainer

    files, images = pictures(manifest, group_by_prefix(raw, "raw"))
    fingerprint = trainer.delf_training_fingerprint(model, images, settings)
    state = Checkpoints(checkpoints, fingerprint)
    trained, history = trainer.train_delf(model, files, images, settings, choose_device(device), state)
    return {"model": trained, "history": history}
