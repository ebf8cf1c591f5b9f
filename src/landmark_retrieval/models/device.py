"""Where networks run."""

from __future__ import annotations

from typing import Literal

import torch

from landmark_retrieval.errors import DataError


def choose_device(name: Literal["auto", "cpu", "cuda"]) -> torch.device:
    """The device of that name; "auto" is CUDA where there is one.

    Raises:
        DataError: "cuda" on a machine without it.
    """
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise DataError("device 'cuda' was asked for, but torch finds no CUDA device: use 'auto' or 'cpu'")
    return torch.device("cuda" if available and name != "cpu" else "cpu")
