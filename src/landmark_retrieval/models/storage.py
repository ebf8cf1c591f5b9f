"""Embedding models on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from landmark_retrieval.models.config import ModelSettings
from landmark_retrieval.models.embedding_model import EmbeddingModel
from landmark_retrieval.models.model_files import read_model, write_model
from landmark_retrieval.models.weights import load_into


def save_model(model: EmbeddingModel, folder: Path, dtype: Literal["float32", "float16"] = "float32") -> None:
    """Write a model to `folder`, each file atomically.

    `dtype` is that of matrices and kernels; vectors (biases, batch normalisation) always stay float32.
    """
    tensors = {
        key: tensor.half() if dtype == "float16" and tensor.ndim > 1 else tensor
        for key, tensor in model.state_dict().items()
    }
    write_model(folder, model.settings, tensors)


def load_model(folder: Path) -> EmbeddingModel:
    """The model that `save_model` wrote, on the CPU in float32, in evaluation mode; nothing is downloaded.

    Raises:
        DataError: a file is missing, or they do not belong together.
    """
    settings, tensors = read_model(folder, ModelSettings)
    model = EmbeddingModel(settings)
    load_into(model, tensors, source=str(folder))
    return model.eval()
