"""Approximate indexes on disk."""

from __future__ import annotations

from pathlib import Path

from landmark_retrieval.datasets.atomic import AtomicDataset
from landmark_retrieval.search.approximate.index import ApproximateIndex, load_index, save_index


class FaissIndexDataset(AtomicDataset[ApproximateIndex, ApproximateIndex]):
    """`index.faiss`, and `index.json` with what it was made from: factory, sample, fingerprints.

    A search refuses an index that was built from other embeddings than it is given.
    """

    def _read(self, path: Path) -> ApproximateIndex:
        return load_index(path)

    def _write(self, path: Path, data: ApproximateIndex) -> None:
        path.mkdir()
        save_index(data, path)
