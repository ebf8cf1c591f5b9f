"""Where the weights of a model come from: torchvision, a file, or a model saved before."""

from __future__ import annotations

from pathlib import Path

import torch
import torchvision
from torch import Tensor, nn

from landmark_retrieval.errors import DataError
from landmark_retrieval.models.backbone import TAIL
from landmark_retrieval.models.config import ModelSettings
from landmark_retrieval.models.embedding_model import EmbeddingModel
from landmark_retrieval.models.storage import load_model

FILE_SUFFIXES = (".pth", ".pt", ".safetensors")


def build_model(settings: ModelSettings) -> EmbeddingModel:
    """A new embedding model with the weights that `settings.weights` names; the rest is random by the seed.

    Raises:
        DataError: unknown backbone or weights, a file that cannot be read or does not fit.
    """
    model = EmbeddingModel(settings)
    if settings.weights is None:
        return model
    path = Path(settings.weights)
    if path.is_dir():
        load_into(model, load_model(path).state_dict(), source=str(path))
    elif path.suffix in FILE_SUFFIXES:
        load_into(model.backbone, _without_tail(read_state(path)), source=str(path))
    else:
        load_into(model.backbone, _without_tail(_download(settings)), source=settings.weights)
    return model


def load_into(module: nn.Module, state: dict[str, Tensor], source: str) -> None:
    """Copy `state` into `module`; every key must be met by one of the same shape.

    Raises:
        DataError: naming the keys that are missing, unexpected or of another shape.
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


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a `.safetensors` file or of a state dictionary that torch saved, on the CPU.

    Raises:
        DataError: the file is missing, broken or holds something else than named tensors.
    """
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


def _download(settings: ModelSettings) -> dict[str, Tensor]:
    choices = torchvision.models.get_model_weights(settings.backbone).__members__
    if settings.weights not in choices:
        raise DataError(
            f"weights {settings.weights!r}: neither a folder, nor a file ending in {', '.join(FILE_SUFFIXES)}, "
            f"nor torchvision weights of {settings.backbone} ({', '.join(choices)})"
        )
    try:
        return choices[settings.weights].get_state_dict(check_hash=True)
    except OSError as error:
        raise DataError(f"weights {settings.weights!r} of {settings.backbone}: {error}") from error


def _without_tail(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {key: tensor for key, tensor in state.items() if key.split(".")[0] not in TAIL}
