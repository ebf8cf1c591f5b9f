"""Start weights of a backbone, from torchvision or from a file."""

from __future__ import annotations

from pathlib import Path

import torch
import torchvision
from torch import Tensor, nn

from landmark_retrieval.errors import DataError
from landmark_retrieval.models.backbone import TAIL
from landmark_retrieval.models.pixels import STD
from landmark_retrieval.models.tensor_files import read_tensors

FILE_SUFFIXES = (".pth", ".pt", ".safetensors")
CAFFE = "caffe:"
"""Prefix of a file whose network expects Caffe's pixels: BGR in 0–255 less their mean."""


def load_into(module: nn.Module, state: dict[str, Tensor], source: str) -> None:
    """Copy `state` into `module`; `DataError` names keys that are missing, unexpected or of another shape."""
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
    """Weights of a torchvision model without those of the classifier; see `ModelSettings` for the arguments.

    Raises:
        DataError: neither such a file nor such weights exist, or reading or the download failed.
    """
    path = Path(weights.removeprefix(CAFFE))
    is_file = path.suffix in FILE_SUFFIXES
    state = read_tensors(path) if is_file else _download(backbone, weights)
    features = {key: tensor for key, tensor in state.items() if key.split(".")[0] not in TAIL}
    return _from_caffe(features) if weights.startswith(CAFFE) else features


def _from_caffe(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Let the first layer take torchvision's pixels, whose mean is Caffe's within one grey level of 255."""
    scale = 255 * torch.tensor(STD).view(1, 3, 1, 1)
    return {
        key: tensor.flip(1) * scale if tensor.ndim == 4 and tensor.shape[1] == 3 else tensor
        for key, tensor in state.items()
    }


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
