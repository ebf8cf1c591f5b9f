"""Models on disk: `model.safetensors` beside the `config.json` that says what it is."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Literal

from safetensors.torch import save
from torch import Tensor

from landmark_retrieval.models.embedding_model import EmbeddingModel
from landmark_retrieval.models.weights import CONFIG_FILE, WEIGHTS_FILE, load_into, read_saved


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
    """The model that `save_model` wrote, on the CPU in float32, in evaluation mode; nothing is downloaded.

    Raises:
        DataError: a file is missing, or they do not belong together.
    """
    settings, state = read_saved(folder)
    model = EmbeddingModel(settings)
    load_into(model, state, source=str(folder))
    return model.eval()


def _stored(tensor: Tensor, dtype: str) -> Tensor:
    tensor = tensor.detach().cpu().contiguous()
    return tensor.half() if dtype == "float16" and tensor.ndim > 1 else tensor


def _write(path: Path, content: bytes) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(content)
    partial.replace(path)
