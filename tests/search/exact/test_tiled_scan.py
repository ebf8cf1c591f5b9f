import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.search.exact.scores import pair_scores
from landmark_retrieval.search.exact.tiled_scan import capacity, tiled_candidates

PRECISIONS = ["float32", "bfloat16"]


def vectors(seed, n, dim=24):
    made = np.random.default_rng(seed).standard_normal((n, dim)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def all_scores(queries, index):
    return pair_scores(queries, index, np.tile(np.arange(len(index)), (len(queries), 1)))


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("block_rows", [700, 1_500, 9_999])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_best_rows_are_found_and_the_others_lie_below_the_bound(precision, block_rows, sign):
    queries = vectors(0, 70)
    index = sign * np.abs(vectors(1, 6_000))  # all scores of one sign, or nearly
    queries[:35] = np.abs(queries[:35])
    scores = all_scores(queries, index)

    candidates = tiled_candidates(queries, index, 20, precision, block_rows)

    best = np.sort(scores, axis=1)[:, -20]
    assert (candidates.bounds < best).all()
    for row, positions, bound in zip(scores, candidates.positions, candidates.bounds, strict=True):
        found = set(positions[positions >= 0].tolist())
        assert len(found) == (positions >= 0).sum()
        assert set(np.flatnonzero(row > bound)) <= found
        assert len(found) < 600


@pytest.mark.parametrize("precision", PRECISIONS)
def test_more_near_ties_than_room_are_given_up(precision):
    queries = vectors(2, 3)
    queries *= -np.sign(queries @ queries[1])[:, None]  # the others are far from what is repeated
    queries[1] *= -1
    index = np.vstack([vectors(3, 100), np.repeat(queries[1:2], 3_000, axis=0)])

    candidates = tiled_candidates(queries, index, 10, precision, 512)

    assert np.isinf(candidates.bounds).tolist() == [False, True, False]
    assert (candidates.positions[1] == -1).all()
    assert capacity(10, len(index)) < 3_000


@pytest.mark.parametrize("precision", PRECISIONS)
def test_what_may_overflow_is_given_up(precision):
    queries, index = vectors(4, 3), vectors(5, 1_000)
    queries[2] *= np.float32(1e30)
    index[700] *= np.float32(1e30)

    candidates = tiled_candidates(queries, index, 10, precision, 512)

    assert np.isinf(candidates.bounds).tolist() == [False, False, True]


@pytest.mark.parametrize("precision", PRECISIONS)
def test_products_of_zero_are_ties_whatever_their_sign(precision):
    queries = np.array([[1, 0], [-1, 0]], dtype=np.float32)
    index = np.tile(np.array([[0, 1], [-0.0, 1]], dtype=np.float32), (600, 1))

    candidates = tiled_candidates(queries, index, 1_200, precision, 512)

    for positions in candidates.positions:
        assert sorted(positions) == list(range(1_200))


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_row_that_is_not_finite_is_named(precision):
    index = vectors(6, 2_000)
    index[1_700, 3] = np.nan

    with pytest.raises(DataError, match="index row 1700"):
        tiled_candidates(vectors(7, 2), index, 5, precision, 512)
