"""Rows of the diffusion's inverse on disk."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from landmark_retrieval.datasets.atomic import AtomicDataset
from landmark_retrieval.reranking.offline_diffusion_rows import OfflineDiffusion


class OfflineDiffusionDataset(AtomicDataset[OfflineDiffusion, OfflineDiffusion]):
    """`positions.npy`, `values.npy`, and `offline_diffusion.json` with the settings and images they are of.

    Loaded arrays are memory-mapped and read-only.
    """

    def _read(self, path: Path) -> OfflineDiffusion:
        made_for = json.loads((path / "offline_diffusion.json").read_text(encoding="utf-8"))
        positions, values = (np.load(path / f"{name}.npy", mmap_mode="r") for name in ("positions", "values"))
        return OfflineDiffusion(positions, values, made_for["settings"], made_for["ids_fingerprint"])

    def _write(self, path: Path, data: OfflineDiffusion) -> None:
        path.mkdir()
        np.save(path / "positions.npy", data.positions, allow_pickle=False)
        np.save(path / "values.npy", data.values, allow_pickle=False)
        made_for = {"settings": data.settings, "ids_fingerprint": data.ids_fingerprint}
        (path / "offline_diffusion.json").write_text(json.dumps(made_for) + "\n", encoding="utf-8")
