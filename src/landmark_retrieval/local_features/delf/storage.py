"""DELF models on disk, backbone included."""

from __future__ import annotations

from pathlib import Path

from landmark_retrieval.local_features.delf.model import DelfModel
from landmark_retrieval.local_features.delf.settings import DelfModelSettings
from landmark_retrieval.models.backbone import Backbone
from landmark_retrieval.models.model_files import read_model, write_model
from landmark_retrieval.models.weights import load_into

KIND = "delf"


def save_delf(model: DelfModel, folder: Path) -> None:
    """Write a model with its trunk to `folder`, in float32, each file atomically."""
    write_model(folder, model.settings, model.state_dict(), KIND)


def load_delf(folder: Path) -> DelfModel:
    """The model that `save_delf` wrote, on the CPU, in evaluation mode; nothing is downloaded.

    Raises:
        DataError: a file is missing, or they do not belong together, or describe another kind of model.
    """
    settings, tensors = read_model(folder, DelfModelSettings, KIND)
    model = DelfModel(settings, Backbone(settings.backbone))
    load_into(model, tensors, source=str(folder))
    return model.eval()
