"""Local features on disk, larger than memory."""

from __future__ import annotations

from pathlib import Path

from landmark_retrieval.datasets.whole import WholeDataset
from landmark_retrieval.local_features.extraction import LocalFeatureStream
from landmark_retrieval.local_features.store import LocalFeatureStore


class LocalFeaturesDataset(WholeDataset[LocalFeatureStore | LocalFeatureStream, LocalFeatureStore]):
    """One `.npy` file per array in one folder, ids included, so that they cannot drift apart.

    What is loaded is memory-mapped. A stream is written image by image, never held whole.
    """

    def _read(self, path: Path) -> LocalFeatureStore:
        return LocalFeatureStore.load(path)

    def _write(self, path: Path, data: LocalFeatureStore | LocalFeatureStream) -> None:
        if isinstance(data, LocalFeatureStore):
            data.save(path)
        else:
            LocalFeatureStore.write(path, data.image_ids, data)
