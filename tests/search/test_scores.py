import numpy as np

from landmark_retrieval.search.keys import unpack
from landmark_retrieval.search.scores import exhaustive_keys, pair_scores, rounding_error


def vectors(seed, n, dim=33):
    return np.random.default_rng(seed).standard_normal((n, dim)).astype(np.float32)


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
    ranked, rows = unpack(exhaustive_keys(queries, index, 900, block_rows=77))
    np.testing.assert_array_equal(ranked, np.take_along_axis(together, rows, axis=1))


def test_nothing_to_score_is_no_error():
    assert pair_scores(vectors(0, 0), vectors(1, 4), np.zeros((0, 3), dtype=np.int64)).shape == (0, 3)
    assert np.isneginf(pair_scores(vectors(0, 2), vectors(1, 0), np.full((2, 1), -1))).all()


def test_float32_products_stay_within_the_rounding_error():
    queries, index = vectors(0, 50, dim=2048), vectors(1, 50, dim=2048)
    exact = queries.astype(np.float64) @ index.astype(np.float64).T
    bound = np.linalg.norm(queries, axis=1)[:, None] * np.linalg.norm(index, axis=1)
    sequential = np.cumsum(queries[:, None] * index[None], axis=2, dtype=np.float32)[..., -1]

    for computed in (queries @ index.T, sequential):
        assert (np.abs(computed - exact) <= rounding_error(2048) * bound).all()
