"""Models on disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from landmark_retrieval.datasets.atomic import AtomicDataset

if TYPE_CHECKING:
    from kedro.io import Version

    from landmark_retrieval.models.embedding_model import EmbeddingModel


class ModelDataset(AtomicDataset["EmbeddingModel", "EmbeddingModel"]):
    """A folder with the weights as safetensors and the configuration that says what they are.

    Args:
        filepath: the folder.
        dtype: of the stored matrices and kernels; they are loaded as float32.
        version: given by Kedro.
        metadata: given by Kedro.
    """

    def __init__(
        self,
        *,
        filepath: str,
        dtype: Literal["float32", "float16"] = "float32",
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(filepath=filepath, version=version, metadata=metadata)
        if dtype not in ("float32", "float16"):
            raise ValueError(f"dtype of a model is float32 or float16, not {dtype!r}")
        self._dtype = dtype

    def _read(self, path: Path) -> EmbeddingModel:
        from landmark_retrieval.models.storage import load_model

        return load_model(path)

    def _write(self, path: Path, data: EmbeddingModel) -> None:
        from landmark_retrieval.models.storage import save_model

        save_model(data, path, self._dtype)
