"""Models on disk: `model.safetensors` beside the `config.json` that says what it is."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Literal

import torch
from pydantic import ValidationError
from safetensors.torch import load, save
from torch import Tensor

from landmark_retrieval.errors import DataError
from landmark_retrieval.models.config import ModelSettings
from landmark_retrieval.models.embedding_model import EmbeddingModel

WEIGHTS_FILE = "model.safetensors"
CONFIG_FILE = "config.json"


def save_model(model: EmbeddingModel, folder: Path, dtype: Literal["float32", "float16"] = "float32") -> None:
    """Write a model to `folder`, each file whole or not at all.

    Args:
        model: on any device.
        folder: made where it is missing.
        dtype: of the matrices and kernels; vectors (biases, batch normalisation) always stay float32.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = save({key: _stored(tensor, dtype) for key, tensor in model.state_dict().items()})
    config = {"settings": model.settings.model_dump(), "sha256": hashlib.sha256(weights).hexdigest()}
    _write(folder / WEIGHTS_FILE, weights)
    _write(folder / CONFIG_FILE, (json.dumps(config, indent=2) + "\n").encode())


def load_model(folder: Path) -> EmbeddingModel:
    """The model that `save_model` wrote, on the CPU in float32, in evaluation mode.

    Raises:
        DataError: a file is missing, or the two do not belong together.
    """
    settings, checksum = _read_config(folder / CONFIG_FILE)
    path = folder / WEIGHTS_FILE
    if not path.is_file():
        raise DataError(f"no weights at {path}")
    weights = path.read_bytes()
    if hashlib.sha256(weights).hexdigest() != checksum:
        raise DataError(f"{path} is not the file that {CONFIG_FILE} describes: its sha256 should be {checksum}")
    model = EmbeddingModel(settings)
    model.load_state_dict(load(weights))
    return model.eval()


def _stored(tensor: Tensor, dtype: str) -> Tensor:
    tensor = tensor.detach().cpu().contiguous()
    return tensor.half() if dtype == "float16" and tensor.ndim > 1 else tensor


def _write(path: Path, content: bytes) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(content)
    partial.replace(path)


def _read_config(path: Path) -> tuple[ModelSettings, str]:
    try:
        config = json.loads(path.read_text())
        return ModelSettings(**config["settings"]), str(config["sha256"])
    except FileNotFoundError as error:
        raise DataError(f"no model in {path.parent}: {path.name} is missing") from error
    except (json.JSONDecodeError, KeyError, TypeError, ValidationError) as error:
        raise DataError(f"{path} does not describe a model: {error}") from error
