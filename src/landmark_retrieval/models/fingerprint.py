"""What a model is, as a fingerprint."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landmark_retrieval.local_features.delf.model import DelfModel
    from landmark_retrieval.models.embedding_model import EmbeddingModel


def model_fingerprint(model: EmbeddingModel | DelfModel) -> str:
    """SHA-256 of a model's settings, names and weights."""
    digest = hashlib.sha256(model.settings.model_dump_json().encode())
    for name, tensor in model.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
