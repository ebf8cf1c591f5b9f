"""Checkpoints of unfinished training."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from landmark_retrieval.configuration import Settings
from landmark_retrieval.models.embedding_model import EmbeddingModel
from landmark_retrieval.models.fingerprint import model_fingerprint
from landmark_retrieval.storage.atomic_write import atomic_write, remove_partials
from landmark_retrieval.training.photographs import COLUMNS

logger = logging.getLogger(__name__)


def training_fingerprint(
    model: EmbeddingModel, table: pd.DataFrame, settings: Settings, columns: Sequence[str] = COLUMNS
) -> str:
    """SHA-256 of what decides the result of training: start weights, photographs and settings."""
    digest = hashlib.sha256(settings.model_dump_json(exclude={"workers"}).encode())
    digest.update(pd.util.hash_pandas_object(table[list(columns)], index=False).to_numpy().tobytes())
    digest.update(model_fingerprint(model).encode())
    return digest.hexdigest()


@dataclass(frozen=True)
class Checkpoints:
    """State of a training at the end of its last epoch, in one file that is removed when training is done.

    A state with another fingerprint is never resumed from.
    """

    folder: Path
    fingerprint: str

    @property
    def path(self) -> Path:
        """Of the only file."""
        return self.folder / "checkpoint.pt"

    def save(self, state: dict[str, Any]) -> None:
        """Replace the file by `state`: tensors, numbers and strings in dictionaries and lists."""
        with atomic_write(self.path) as partial:
            torch.save({"fingerprint": self.fingerprint, **state}, partial)

    def load(self) -> dict[str, Any] | None:
        """The state saved last, on the CPU; None where there is none of this fingerprint."""
        remove_partials(self.folder)
        if not self.path.is_file():
            return None
        try:
            state = torch.load(self.path, map_location="cpu", weights_only=True)
        except Exception as error:  # torch raises whatever a broken file leads it to
            logger.warning("%s cannot be read, training starts again: %s", self.path, error)
            return None
        if state["fingerprint"] != self.fingerprint:
            logger.warning("%s belongs to other photographs, settings or weights: starting again", self.path)
            return None
        return state

    def clear(self) -> None:
        """Remove the file."""
        self.path.unlink(missing_ok=True)
