import json

import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.search.approximate.index import content_fingerprint, load_index, save_index
from landmark_retrieval.search.approximate.search import approximate_search, build_index


@pytest.fixture
def vectors():
    return np.random.default_rng(0).standard_normal((500, 8)).astype(np.float16)


@pytest.fixture
def folder(vectors, tmp_path):
    save_index(build_index(vectors, "IVF8,SQ8", 400, seed=2), tmp_path)
    return tmp_path


def test_an_index_comes_back(vectors, folder):
    loaded = load_index(folder)

    built = build_index(vectors, "IVF8,SQ8", 400, seed=2)
    assert loaded.record == built.record
    before, after = (approximate_search(vectors[:9], vectors, 5, i, 20) for i in (built, loaded))
    np.testing.assert_array_equal(after.positions, before.positions)


@pytest.mark.parametrize("name", ["index.json", "index.faiss"])
def test_a_missing_or_damaged_file_is_refused(folder, name):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="not an approximate index"):
        load_index(folder)
    (folder / name).unlink()
    with pytest.raises(DataError, match="not an approximate index"):
        load_index(folder)


def test_a_record_of_another_index_is_refused(folder):
    record = json.loads((folder / "index.json").read_text())
    (folder / "index.json").write_text(json.dumps(record | {"n_index": 499}))

    with pytest.raises(DataError, match=r"\(499, 8\) vectors, found \(500, 8\)"):
        load_index(folder)


def test_the_content_is_that_of_the_numbers(vectors):
    same = np.asfortranarray(vectors.astype(np.float32))
    other = vectors.copy()
    other[3, 3] += 1

    assert content_fingerprint(same) == content_fingerprint(vectors)
    assert content_fingerprint(other) != content_fingerprint(vectors)
    assert content_fingerprint(vectors[::-1]) != content_fingerprint(vectors)
