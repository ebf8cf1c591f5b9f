"""Rankings on disk."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from landmark_retrieval.datasets.atomic import AtomicDataset
from landmark_retrieval.ranking import Ranking


class RankingDataset(AtomicDataset[Ranking, Ranking]):
    """`positions.npy`, `scores.npy`, and `ranking.json` with the index they point into."""

    def _read(self, path: Path) -> Ranking:
        index = json.loads((path / "ranking.json").read_text(encoding="utf-8"))
        positions, scores = np.load(path / "positions.npy"), np.load(path / "scores.npy")
        return Ranking(positions, scores, n_index=index["n_index"], ids_fingerprint=index["ids_fingerprint"])

    def _write(self, path: Path, data: Ranking) -> None:
        path.mkdir()
        np.save(path / "positions.npy", data.positions, allow_pickle=False)
        np.save(path / "scores.npy", data.scores, allow_pickle=False)
        index = {"n_index": data.n_index, "ids_fingerprint": data.ids_fingerprint}
        (path / "ranking.json").write_text(json.dumps(index) + "\n", encoding="utf-8")
