"""Local features on disk, larger than memory."""

from __future__ import annotations

from pathlib import Path

from landmark_retrieval.datasets.atomic import AtomicDataset
from landmark_retrieval.local_features.extraction import LocalFeatureStream
from landmark_retrieval.local_features.storage.store import LocalFeatureStore


class LocalFeaturesDataset(AtomicDataset[LocalFeatureStore | LocalFeatureStream, LocalFeatureStore]):
    """A folder of shards and the ids of all, so that they cannot drift apart.

    What is loaded is memory-mapped, shard by shard when it is asked for. A stream is written shard by shard,
    never held whole; with a folder for its work the shards are links to those that it leaves there, or copies
    where that is another disk.
    """

    def _read(self, path: Path) -> LocalFeatureStore:
        return LocalFeatureStore.load(path)

    def _write(self, path: Path, data: LocalFeatureStore | LocalFeatureStream) -> None:
        data.save(path)
