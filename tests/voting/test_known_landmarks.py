import numpy as np
import pytest

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.voting.known_landmarks import (
    known_landmarks,
    with_known_landmarks,
    with_known_votes,
)
from landmark_retrieval.voting.soft_voting import soft_vote
from landmark_retrieval.voting.votes import TrainSet, Votes

TRAIN = TrainSet(Embeddings(np.array(["t0", "t1", "t2"]), np.eye(3, dtype=np.float32)), np.array([8, 0, 9]))
PREDICTION = LabelPrediction(np.array([5, -1, 7]), np.array([0.5, 0, 0.25], dtype=np.float32))
VOTES = Votes(
    np.array([[5, 5], [-1, -1], [7, 3]]), np.array([[0.5, 0.25], [-np.inf] * 2, [0.75, 0.5]], np.float32)
)


def test_training_images_are_known():
    known = known_landmarks(np.array(["x", "t1", "t2", "y"]), TRAIN)

    assert known.tolist() == [-1, 0, 9, -1]


def test_without_training_images_nothing_is_known():
    none = TrainSet(
        Embeddings(np.array([], dtype=str), np.zeros((0, 3), np.float32)), np.zeros(0, dtype=np.int64)
    )

    assert known_landmarks(np.array(["t1"]), none).tolist() == [-1]


def test_a_known_landmark_is_certain():
    certain = with_known_landmarks(PREDICTION, np.array([-1, 0, 9]))

    assert certain.landmark_ids.tolist() == [5, 0, 9]
    np.testing.assert_array_equal(certain.scores, np.array([0.5, 1, 1], dtype=np.float32))


@pytest.mark.parametrize("k", [1, 2])
def test_votes_for_a_known_landmark_give_the_same(k):
    known = np.array([-1, 0, 9])

    voted = soft_vote(with_known_votes(VOTES, known), k)

    expected = with_known_landmarks(soft_vote(VOTES, k), known)
    np.testing.assert_array_equal(voted.landmark_ids, expected.landmark_ids)
    np.testing.assert_array_equal(voted.scores, expected.scores)
