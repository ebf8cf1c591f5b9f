"""Fingerprint of a network: its settings and weights."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pydantic import BaseModel


class _Network(Protocol):
    @property
    def settings(self) -> BaseModel: ...

    def state_dict(self) -> Mapping[str, Any]: ...


def model_fingerprint(model: _Network) -> str:
    """SHA-256 of a model's settings, names and weights."""
    digest = hashlib.sha256(model.settings.model_dump_json().encode())
    for name, tensor in model.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
