import numpy as np
import pytest
from kedro.io import DatasetError, Version

from landmark_retrieval.datasets.folders import FaissIndexDataset
from landmark_retrieval.embeddings import normalise
from landmark_retrieval.errors import DataError
from landmark_retrieval.search.approximate.search import approximate_search, build_index

VECTORS = normalise(np.random.default_rng(0).standard_normal((300, 8)))


@pytest.mark.parametrize("version", [None, Version(None, "v1")])
def test_an_index_comes_back(tmp_path, version):
    index = build_index(VECTORS, "IVF4,Flat", 300)
    dataset = FaissIndexDataset(filepath=str(tmp_path / "index"), version=version)
    dataset.save(index)

    loaded = dataset.load()

    assert loaded.record == index.record
    found = approximate_search(VECTORS[:5], VECTORS, 3, loaded, 10, n_probe=4)
    np.testing.assert_array_equal(found.positions[:, 0], np.arange(5))


def test_an_index_of_other_embeddings_is_refused(tmp_path):
    dataset = FaissIndexDataset(filepath=str(tmp_path / "index"))
    dataset.save(build_index(VECTORS, "IVF4,Flat", 300))

    with pytest.raises(DataError, match="made from"):
        approximate_search(VECTORS[:5], VECTORS[::-1], 3, dataset.load(), 10)


def test_a_damaged_index_is_noticed(tmp_path):
    dataset = FaissIndexDataset(filepath=str(tmp_path / "index"))
    dataset.save(build_index(VECTORS, "IVF4,Flat", 300))
    (tmp_path / "index" / "index.faiss").write_bytes(b"")

    with pytest.raises(DatasetError, match="not an approximate index"):
        dataset.load()
