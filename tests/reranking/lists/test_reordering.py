import numpy as np
import pytest

from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.lists.reordering import append_rest, reorder_head


def loop_append(head, ranking, depth):
    """Lists joined image by image."""
    lists = []
    for first, rest in zip(head.positions.tolist(), ranking.positions.tolist(), strict=True):
        joined = [row for row in first if row >= 0]
        joined += [row for row in rest if row >= 0 and row not in joined]
        lists.append(joined[:depth])
    return lists


def unpadded(ranking):
    return [row[row >= 0].tolist() for row in ranking.positions]


@pytest.mark.parametrize("depth", [1, 7, 12, 40])
def test_the_rest_follows_in_its_order(make_ranking, depth):
    head, ranking = make_ranking(1, 60, 30, 8), make_ranking(2, 60, 30, 12)

    joined = append_rest(head, ranking, depth)

    assert unpadded(joined) == loop_append(head, ranking, depth)
    assert joined.depth == min(depth, 30)


def test_scores_of_the_head_stay_and_differences_of_the_rest(make_ranking):
    head = Ranking(np.array([[4, 2], [1, -1]]), np.array([[0.5, 0.25], [3, -np.inf]], np.float32), 5)
    ranking = Ranking(np.array([[0, 4, 1], [3, 0, -1]]), np.array([[1, 0.9, 0.5], [2, 1, -np.inf]], "f4"), 5)

    joined = append_rest(head, ranking, 4)

    np.testing.assert_array_equal(joined.positions, [[4, 2, 0, 1], [1, 3, 0, -1]])
    np.testing.assert_array_equal(
        joined.scores, np.array([[0.5, 0.25, 0.25, -0.25], [3, 2, 1, -np.inf]], "f4")
    )


def test_an_empty_head_changes_nothing(make_ranking):
    ranking = make_ranking(3, 20, 30, 9)
    head = Ranking(np.empty((20, 0), np.int64), np.empty((20, 0), np.float32), 30)

    joined = append_rest(head, ranking, 9)

    np.testing.assert_array_equal(joined.positions, ranking.positions)
    np.testing.assert_array_equal(joined.scores, ranking.scores)


def test_reordering_sorts_the_head_and_leaves_the_tail(make_ranking):
    ranking = make_ranking(4, 50, 30, 12)
    scores = np.random.default_rng(0).integers(0, 4, (50, 5)).astype(float)

    reordered = reorder_head(ranking, scores)

    for before, after, new in zip(unpadded(ranking), unpadded(reordered), scores, strict=True):
        head = sorted(range(min(5, len(before))), key=lambda i: -new[i])
        assert after == [before[i] for i in head] + before[5:]
