import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.labels.sort_step import SortStep, sort_by_landmark

pytestmark = pytest.mark.costly


def naive(positions, query_landmark, index_landmarks):
    listed = [row for row in positions if row >= 0]
    positive = [row for row in listed if query_landmark >= 0 and index_landmarks[row] == query_landmark]
    return positive + [row for row in listed if row not in positive]


def test_stated_example():
    ranking = Ranking(np.array([[1, 0, 3, 2]]), np.array([[0.875, 0.75, 0.5, 0.25]], dtype=np.float32), 8)
    landmarks = np.array([0, 1, 0, 2, 0, 0, 0, 1])

    ordered = sort_by_landmark(ranking, np.array([0]), landmarks)

    assert ordered.positions.tolist() == [[0, 2, 1, 3]]
    np.testing.assert_array_equal(ordered.scores, [[1.375, 0.875, 0.875, 0.5]])


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_a_loop(make_inputs, make_ranking, seed):
    inputs, ranking = make_inputs(seed), make_ranking(seed, 30, 200, 25)

    ordered = SortStep().apply(ranking, inputs)

    for query in range(30):
        expected = naive(
            ranking.positions[query],
            inputs.query_predictions.landmark_ids[query],
            inputs.index_predictions.landmark_ids,
        )
        assert ordered.positions[query, : len(expected)].tolist() == expected
        assert (ordered.positions[query, len(expected) :] == -1).all()


def test_sorting_twice_is_sorting_once(make_inputs, make_ranking):
    inputs = make_inputs()

    once = SortStep().apply(make_ranking(0, 30, 200, 25), inputs)
    twice = SortStep().apply(once, inputs)

    np.testing.assert_array_equal(twice.positions, once.positions)
    np.testing.assert_array_equal(twice.scores, once.scores)


def test_a_query_without_landmark_keeps_its_list(make_ranking):
    ranking = make_ranking(0, 2, 10, 6)

    ordered = sort_by_landmark(ranking, np.array([-1, 99]), np.full(10, -1))

    np.testing.assert_array_equal(ordered.positions, ranking.positions)
    np.testing.assert_array_equal(ordered.scores, ranking.scores)


def test_an_empty_index():
    ranking = Ranking(np.full((2, 3), -1), np.full((2, 3), -np.inf, dtype=np.float32), 0)

    ordered = sort_by_landmark(ranking, np.array([1, -1]), np.zeros(0, dtype=np.int64))

    assert ordered.positions.tolist() == [[-1] * 3] * 2


def test_landmarks_of_other_images_are_refused(make_inputs, make_ranking):
    with pytest.raises(DataError, match="landmarks of queries and index images"):
        SortStep().apply(make_ranking(0, 30, 199, 25), make_inputs())


def test_needs_a_ranking(make_inputs):
    with pytest.raises(DataError, match="sort_step: needs a ranking"):
        SortStep().apply(None, make_inputs())
