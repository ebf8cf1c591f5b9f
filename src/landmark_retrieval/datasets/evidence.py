"""Evidence of verification on disk, larger than memory."""

from __future__ import annotations

from pathlib import Path

from landmark_retrieval.datasets.atomic import AtomicDataset
from landmark_retrieval.verification.evidence import Evidence


class EvidenceDataset(AtomicDataset[Evidence, Evidence]):
    """One `.npy` file per array in one folder, ids included, so that they cannot drift apart.

    What is loaded is memory-mapped.
    """

    def _read(self, path: Path) -> Evidence:
        return Evidence.load(path)

    def _write(self, path: Path, data: Evidence) -> None:
        data.save(path)
