import numpy as np
import pytest

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.voting.votes import TrainSet, Votes, collect_votes


def ranking(positions, n_index):
    positions = np.asarray(positions)
    return Ranking(positions, np.where(positions < 0, -np.inf, 0.5).astype(np.float32), n_index)


def test_votes_are_the_landmarks_and_cosines_of_the_first_k():
    votes = collect_votes(ranking([[2, 0, 1], [1, -1, -1]], 3), np.array([10, 20, 30]), 2)

    assert votes.landmark_ids.tolist() == [[30, 10], [20, -1]]
    np.testing.assert_array_equal(votes.cosines, np.array([[0.5, 0.5], [0.5, -np.inf]], dtype=np.float32))


def test_a_training_set_smaller_than_k_is_padded():
    votes = collect_votes(ranking([[1, 0]], 2), np.array([10, 20]), 4)

    assert votes.landmark_ids.tolist() == [[20, 10, -1, -1]]
    assert np.isneginf(votes.cosines).tolist() == [[False, False, True, True]]


def test_an_empty_training_set():
    votes = collect_votes(ranking([[-1], [-1]], 0), np.zeros(0, dtype=np.int64), 2)

    assert votes.landmark_ids.tolist() == [[-1, -1]] * 2


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
        collect_votes(ranking([[2, 0]], 3), np.array(landmarks), k)


def test_votes_are_numbers_of_one_shape():
    with pytest.raises(ValueError, match="must be one"):
        Votes(np.zeros((2, 3), dtype=np.int64), np.zeros((2, 2), dtype=np.float32))
    with pytest.raises(DataError, match="votes of row 1: expected numbers, found NaN"):
        Votes(np.zeros((2, 2), dtype=np.int64), np.array([[1, 0.5], [1, np.nan]], dtype=np.float32))


def test_training_images_have_a_landmark_each():
    embeddings = Embeddings(np.array(["a", "b"]), np.eye(2, dtype=np.float32))

    with pytest.raises(DataError, match=r"expected \(2,\), found \(1,\)"):
        TrainSet(embeddings, np.array([3]))
    with pytest.raises(DataError, match="found -1"):
        TrainSet(embeddings, np.array([3, -1]))


def test_deeper_votes_hold_those_of_fewer_neighbours():
    votes = Votes(np.array([[1, 2, 3]]), np.array([[1, 0.5, 0.25]], dtype=np.float32))

    assert votes.nearest(2).landmark_ids.tolist() == [[1, 2]]
    assert votes.nearest(2).cosines.tolist() == [[1, 0.5]]
    for k in (0, 4):
        with pytest.raises(DataError, match=f"votes of {k} neighbours: expected 1 to 3"):
            votes.nearest(k)
