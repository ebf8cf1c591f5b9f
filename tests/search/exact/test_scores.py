from contextlib import contextmanager

import numba
import numpy as np
import pytest

from landmark_retrieval.search.exact.candidates import exhaustive_keys
from landmark_retrieval.search.exact.scores import pair_scores
from landmark_retrieval.search.sort_keys import split_keys


def vectors(seed, n, dim=33):
    return np.random.default_rng(seed).standard_normal((n, dim)).astype(np.float32)


def bits(scores):
    return scores.view(np.uint32)


@contextmanager
def threads(n):
    before = numba.get_num_threads()
    numba.set_num_threads(n)
    try:
        yield
    finally:
        numba.set_num_threads(before)


def test_pair_scores_are_the_inner_products_of_listed_rows():
    queries, index = vectors(0, 5), vectors(1, 9)
    positions = np.array([[3, 0, 8], [1, -1, -1], [2, 2, 2], [-1, -1, -1], [8, 7, -1]])

    scores = pair_scores(queries, index, positions)

    for i, row in enumerate(positions):
        for j, position in enumerate(row):
            exact = sum(float(a) * float(b) for a, b in zip(queries[i], index[position], strict=True))
            assert scores[i, j] == (np.float32(exact) if position >= 0 else -np.inf)


def test_a_pair_scores_the_same_whatever_stands_beside_it():
    queries, index = vectors(0, 40, dim=515), vectors(1, 900, dim=515)
    everything = np.tile(np.arange(900), (40, 1))

    together = pair_scores(queries, index, everything)

    alone = [
        [pair_scores(queries[[i]], index[[j]], np.array([[0]]))[0, 0] for j in range(50)] for i in range(40)
    ]
    np.testing.assert_array_equal(together[:, :50], alone)
    ranked, rows = split_keys(exhaustive_keys(queries, index, 900, block_rows=77))
    np.testing.assert_array_equal(ranked, np.take_along_axis(together, rows, axis=1))


def test_nothing_to_score_is_no_error():
    assert pair_scores(vectors(0, 0), vectors(1, 4), np.zeros((0, 3), dtype=np.int64)).shape == (0, 3)
    assert np.isneginf(pair_scores(vectors(0, 2), vectors(1, 0), np.full((2, 1), -1))).all()


@pytest.mark.parametrize("dim", [1, 31, 64, 100, 515])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_numba_and_numpy_give_the_same_bytes(dim, dtype, tmp_path):
    queries, index = vectors(2, 300, dim), vectors(3, 700, dim).astype(dtype)
    index[0, 0], index[1] = 6e-8, -0.0
    np.save(tmp_path / "index.npy", index)
    mapped = np.load(tmp_path / "index.npy", mmap_mode="r")
    positions = np.random.default_rng(4).integers(-1, 700, (300, 90))

    compiled = pair_scores(queries, mapped, positions)

    columns = np.asfortranarray(index)  # the compiled loops read rows alone
    np.testing.assert_array_equal(bits(compiled), bits(pair_scores(queries, columns, positions)))
    keys = exhaustive_keys(queries[:9], mapped, 50, block_rows=99)
    np.testing.assert_array_equal(keys, exhaustive_keys(queries[:9].astype(np.float64), columns, 50))


def test_scores_are_the_same_on_one_thread():
    queries, index = vectors(5, 400), vectors(6, 500)
    positions = np.random.default_rng(7).integers(-1, 500, (400, 60))
    together = pair_scores(queries, index, positions)

    with threads(1):
        np.testing.assert_array_equal(bits(pair_scores(queries, index, positions)), bits(together))
