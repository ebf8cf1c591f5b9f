"""Files of named tensors, as published by the authors of a network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module

from landmark_retrieval.errors import DataError


def read_tensors(path: Path, wrappers: Sequence[str] = ()) -> dict[str, Tensor]:
    """The tensors of a `.safetensors` file or of one saved by torch, on the CPU; code in it is not run.

    `wrappers` are keys under which training programs nest the tensors, outermost first.

    Raises:
        DataError: there is no such file, or it contains something else.
    """
    if not path.is_file():
        raise DataError(f"no weights at {path}")
    try:
        state = _read(path)
    except Exception as error:  # the two readers raise whatever a broken file leads them to
        raise DataError(f"{path} cannot be read as weights: {error}") from error
    for key in wrappers:
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    if not isinstance(state, dict) or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise DataError(f"{path} does not hold a dictionary of named tensors")
    return state


def fill(network: Module, state: dict[str, Tensor], path: Path, name: str) -> None:
    """Copy published weights into a network.

    Constants and counters of training steps may be missing: ALIKED's authors do not publish its grid.

    Args:
        network: to be filled.
        state: tensors under the names of its parameters.
        path: of the file, for errors.
        name: of the network, for errors.

    Raises:
        DataError: a parameter is missing, unexpected or of another shape.
    """
    known = network.state_dict()
    trained = {key for key, _ in network.named_parameters()}
    needed = {key for key in known if key in trained or key.endswith(("running_mean", "running_var"))}
    complaints = {
        "missing": needed - state.keys(),
        "unexpected": state.keys() - known.keys(),
        "of another shape": {k for k in known if k in state and state[k].shape != known[k].shape},
    }
    for what, keys in complaints.items():
        if keys:
            first = ", ".join(sorted(keys)[:3])
            raise DataError(f"{path} does not fit {name}: {len(keys)} {what}, first {first}")
    network.load_state_dict(state, strict=False)


def _read(path: Path) -> Any:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    return torch.load(path, map_location="cpu", weights_only=True)
