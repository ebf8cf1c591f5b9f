"""Models on disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from landmark_retrieval.datasets.whole import WholeDataset

if TYPE_CHECKING:
    from landmark_retrieval.models.embedding_model import EmbeddingModel


class ModelDataset(WholeDataset["EmbeddingModel", "EmbeddingModel"]):
    """A folder with the weights as safetensors and the configuration that says what they are."""

    def _read(self, path: Path) -> EmbeddingModel:
        from landmark_retrieval.models.storage import load_model

        return load_model(path)

    def _write(self, path: Path, data: EmbeddingModel) -> None:
        from landmark_retrieval.models.storage import save_model

        save_model(data, path)
