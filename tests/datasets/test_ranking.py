import json

import numpy as np
import pytest
from kedro.io import DatasetError, Version

from landmark_retrieval.datasets.folders import RankingDataset
from landmark_retrieval.ranking import Ranking

RANKING = Ranking(
    np.array([[4, 0, 2], [1, -1, -1]]),
    np.array([[0.9, 0.5, 0.5], [0.1, -np.inf, -np.inf]], dtype=np.float32),
    n_index=5,
    ids_fingerprint="3f2a",
)


@pytest.mark.parametrize("version", [None, Version(None, "v1")])
def test_a_ranking_comes_back(tmp_path, version):
    dataset = RankingDataset(filepath=str(tmp_path / "r"), version=version)
    dataset.save(RANKING)
    loaded = dataset.load()
    np.testing.assert_array_equal(loaded.positions, RANKING.positions)
    np.testing.assert_array_equal(loaded.scores, RANKING.scores)
    assert (loaded.positions.dtype, loaded.scores.dtype) == (np.int64, np.float32)
    assert (loaded.n_index, loaded.ids_fingerprint) == (5, "3f2a")


def test_a_file_of_another_ranking_is_noticed(tmp_path):
    dataset = RankingDataset(filepath=str(tmp_path / "r"))
    dataset.save(RANKING)
    (tmp_path / "r" / "ranking.json").write_text(json.dumps({"n_index": 3, "ids_fingerprint": ""}))
    with pytest.raises(DatasetError, match="outside the index of 3 rows"):
        dataset.load()
