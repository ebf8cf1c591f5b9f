import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.voting.tally import tally, voters


def ranking(positions, n_index):
    positions = np.asarray(positions)
    return Ranking(positions, np.where(positions < 0, -np.inf, 0.5).astype(np.float32), n_index)


def test_voters_are_the_landmarks_of_the_first_k():
    landmarks = voters(ranking([[2, 0, 1], [1, -1, -1]], 3), np.array([10, 20, 30]), 2)

    assert landmarks.tolist() == [[30, 10], [20, -1]]


def test_voters_of_a_training_set_smaller_than_k():
    assert voters(ranking([[1, 0]], 2), np.array([10, 20]), 5).tolist() == [[20, 10]]


@pytest.mark.parametrize(
    ("landmarks", "k", "message"),
    [
        ([1, 2], 2, r"expected \(3,\)"),
        ([1, -1, 2], 2, "found -1"),
        ([1, 2, 3], 3, "depth 2"),
        ([1, 2, 3], 0, "0 neighbours"),
    ],
)
def test_what_does_not_fit_is_refused(landmarks, k, message):
    with pytest.raises(DataError, match=message):
        voters(ranking([[2, 0]], 3), np.array(landmarks), k)


def test_of_equal_sums_the_first_met_wins():
    landmarks = np.array([[7, 3, 3, 7], [3, 7, 7, 3], [9, 1, -1, -1]])
    votes = np.array([[0.5, 0.25, 0.5, 0.25], [0.5, 0.25, 0.5, 0.25], [0.5, 0.5, 0, 0]])

    winners, sums = tally(landmarks, votes)

    assert winners.tolist() == [7, 3, 9]
    assert sums.tolist() == [0.75, 0.75, 0.5]


def test_nobody_votes():
    winners, sums = tally(np.full((2, 3), -1), np.zeros((2, 3)))
    assert (winners.tolist(), sums.tolist()) == ([-1, -1], [0, 0])
    winners, sums = tally(np.zeros((2, 0), dtype=np.int64), np.zeros((2, 0)))
    assert (winners.tolist(), sums.tolist()) == ([-1, -1], [0, 0])
