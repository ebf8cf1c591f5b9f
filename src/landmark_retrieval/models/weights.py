"""Where the weights of a model come from: torchvision, a file, or a model saved before."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import torch
import torchvision
from pydantic import ValidationError
from torch import Tensor, nn

from landmark_retrieval.errors import DataError
from landmark_retrieval.models.backbone import TAIL
from landmark_retrieval.models.config import ModelSettings
from landmark_retrieval.models.pixels import STD

WEIGHTS_FILE = "model.safetensors"
CONFIG_FILE = "config.json"
FILE_SUFFIXES = (".pth", ".pt", ".safetensors")
CAFFE = "caffe:"
"""Prefix of a file whose network expects Caffe's pixels: BGR in 0–255 less their mean."""


def load_into(module: nn.Module, state: dict[str, Tensor], source: str) -> None:
    """Copy `state` into `module`; each key must be met by one of the same shape.

    Raises:
        DataError: naming `source` and the keys that are missing, unexpected or of another shape.
    """
    expected = module.state_dict()
    complaints = {
        "missing": sorted(expected.keys() - state.keys()),
        "unexpected": sorted(state.keys() - expected.keys()),
        "of another shape": [k for k in expected if k in state and state[k].shape != expected[k].shape],
    }
    found = "; ".join(f"{what}: {', '.join(keys)}" for what, keys in complaints.items() if keys)
    if found:
        raise DataError(f"{source} does not fit the {type(module).__name__}: {found}")
    module.load_state_dict(state)


def read_backbone_state(backbone: str, weights: str) -> dict[str, Tensor]:
    """The tensors of a file or of torchvision's weights of that name, without those of the classifier.

    Args:
        backbone: name of the torchvision model.
        weights: name of its weights, or a file, after `caffe:` where it expects Caffe's pixels.

    Raises:
        DataError: neither exists, the file cannot be read, or the download failed.
    """
    path = Path(weights.removeprefix(CAFFE))
    is_file = path.suffix in FILE_SUFFIXES
    state = _read_file(path) if is_file else _download(backbone, weights)
    features = {key: tensor for key, tensor in state.items() if key.split(".")[0] not in TAIL}
    return _from_caffe(features) if weights.startswith(CAFFE) else features


def _from_caffe(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Let the first layer take torchvision's pixels, whose mean is Caffe's within one grey level of 255."""
    scale = 255 * torch.tensor(STD).view(1, 3, 1, 1)
    return {
        key: tensor.flip(1) * scale if tensor.ndim == 4 and tensor.shape[1] == 3 else tensor
        for key, tensor in state.items()
    }


def read_saved(folder: Path) -> tuple[ModelSettings, dict[str, Tensor]]:
    """Settings and tensors of a model that `save_model` wrote.

    Raises:
        DataError: a file is missing, or the two do not belong together.
    """
    from safetensors.torch import load

    settings, checksum = _read_config(folder / CONFIG_FILE)
    path = folder / WEIGHTS_FILE
    if not path.is_file():
        raise DataError(f"no weights at {path}")
    weights = path.read_bytes()
    if hashlib.sha256(weights).hexdigest() != checksum:
        raise DataError(
            f"{path} is not the file that {CONFIG_FILE} describes: its sha256 should be {checksum}"
        )
    return settings, load(weights)


def _read_config(path: Path) -> tuple[ModelSettings, str]:
    try:
        config = json.loads(path.read_text())
        return ModelSettings(**config["settings"]), str(config["sha256"])
    except FileNotFoundError as error:
        raise DataError(f"no model in {path.parent}: {path.name} is missing") from error
    except (json.JSONDecodeError, KeyError, TypeError, ValidationError) as error:
        raise DataError(f"{path} does not describe a model: {error}") from error


def _read_file(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise DataError(f"no weights at {path}")
    try:
        state = _read(path)
    except Exception as error:  # the two readers raise whatever a broken file leads them to
        raise DataError(f"{path} cannot be read as weights: {error}") from error
    if not isinstance(state, dict) or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise DataError(f"{path} does not hold a dictionary of named tensors")
    return state


def _read(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    return torch.load(path, map_location="cpu", weights_only=True)


def _download(backbone: str, weights: str) -> dict[str, Tensor]:
    choices = torchvision.models.get_model_weights(backbone).__members__
    if weights not in choices:
        raise DataError(
            f"weights {weights!r}: neither a folder, nor a file ending in {', '.join(FILE_SUFFIXES)}, "
            f"nor torchvision weights of {backbone} ({', '.join(choices)})"
        )
    try:
        return choices[weights].get_state_dict(check_hash=True)
    except OSError as error:
        raise DataError(f"torchvision weights {weights!r} of {backbone}: {error}") from error
