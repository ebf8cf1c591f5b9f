"""DELF models on disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from landmark_retrieval.datasets.atomic import AtomicDataset

if TYPE_CHECKING:
    from landmark_retrieval.local_features.delf.model import DelfModel


class DelfModelDataset(AtomicDataset["DelfModel", "DelfModel"]):
    """A folder with weights as safetensors, backbone included, and the configuration that says what they are.

    Args:
        filepath: the folder.
        version: given by Kedro.
        metadata: given by Kedro.
    """

    def _read(self, path: Path) -> DelfModel:
        from landmark_retrieval.local_features.delf.storage import load_delf

        return load_delf(path)

    def _write(self, path: Path, data: DelfModel) -> None:
        from landmark_retrieval.local_features.delf.storage import save_delf

        save_delf(data, path)
