"""Device that networks run on."""

from __future__ import annotations

import torch

from landmark_retrieval.errors import DataError


def choose_device(name: str) -> torch.device:
    """The device "cpu", "cuda" or "auto": CUDA if available; `DataError` for others or without CUDA."""
    if name not in ("auto", "cpu", "cuda"):
        raise DataError(f"device: expected 'auto', 'cpu' or 'cuda', found {name!r}")
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise DataError("device 'cuda' was requested, but torch finds no CUDA device: use 'auto' or 'cpu'")
    return torch.device("cuda" if available and name != "cpu" else "cpu")
