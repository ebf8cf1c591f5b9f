"""Named tensors of a file that somebody published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from landmark_retrieval.errors import DataError

WRAPPERS = ("extractor", "state_dict", "model")
"""Keys under which training programs put the weights of the network, DISK's authors the first."""


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a `.safetensors` file or of one that torch saved, on the CPU; code in it is not run.

    Raises:
        DataError: there is no such file, or it holds something else.
    """
    if not path.is_file():
        raise DataError(f"no weights at {path}")
    try:
        state = _read(path)
    except Exception as error:  # the two readers raise whatever a broken file leads them to
        raise DataError(f"{path} cannot be read as weights: {error}") from error
    for key in WRAPPERS:
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    if not isinstance(state, dict) or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise DataError(f"{path} does not hold a dictionary of named tensors")
    return state


def _read(path: Path) -> Any:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    return torch.load(path, map_location="cpu", weights_only=True)
