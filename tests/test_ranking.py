import numpy as np
import pytest

from landmark_retrieval.ranking import Ranking

INF = float("inf")


def ranking(positions, scores, n_index=5) -> Ranking:
    return Ranking(np.array(positions, np.int64), np.array(scores, np.float32), n_index)


def test_knows_its_lists():
    made = ranking([[3, 0, 1], [2, -1, -1], [-1, -1, -1]], [[0.9, 0.5, 0.5], [0.1, -INF, -INF], [-INF] * 3])

    assert (made.n_queries, made.depth, made.lengths.tolist()) == (3, 3, [3, 1, 0])


@pytest.mark.parametrize(
    ("positions", "scores", "message"),
    [
        ([[0, 1]], [[0.5]], "must be one"),
        ([[0, 5]], [[0.5, 0.4]], "outside the index of 5 rows"),
        ([[0, -2]], [[0.5, -INF]], "outside the index"),
        ([[1, 1]], [[0.5, 0.4]], "occurs twice"),
        ([[-1, 1]], [[-INF, -INF]], "padding"),
        ([[0, 1]], [[0.4, 0.5]], "scores increase"),
        ([[0, 1]], [[0.4, float("nan")]], "not a number"),
        ([[0, -1]], [[0.4, 0.3]], "padding must score"),
    ],
)
def test_refuses_what_is_no_ranking(positions, scores, message):
    with pytest.raises(ValueError, match=message):
        ranking(positions, scores)


def test_no_queries_and_no_depth_are_rankings():
    assert ranking(np.empty((0, 4)), np.empty((0, 4))).n_queries == 0
    assert ranking(np.empty((4, 0)), np.empty((4, 0))).depth == 0
