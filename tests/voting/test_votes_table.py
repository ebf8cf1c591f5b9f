import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.voting.votes import Votes
from landmark_retrieval.voting.votes_table import read_votes, votes_table

IDS = ["b", "a", "c"]
VOTES = Votes(
    np.array([[3, 1], [2, -1], [-1, -1]]),
    np.array([[0.5, -0.25], [1, -np.inf], [-np.inf, -np.inf]], np.float32),
)


def test_votes_come_back_in_the_order_asked_for():
    table = votes_table(VOTES, IDS)
    order = [2, 0, 1]

    read = read_votes(table.sample(frac=1, random_state=0), [IDS[i] for i in order], 2)

    np.testing.assert_array_equal(read.landmark_ids, VOTES.landmark_ids[order])
    np.testing.assert_array_equal(read.cosines, VOTES.cosines[order])
    assert len(table) == 3


def test_nobody_votes():
    none = Votes(np.empty((3, 0), np.int64), np.empty((3, 0), np.float32))

    assert read_votes(votes_table(none, IDS), IDS, 4).landmark_ids.tolist() == [[-1] * 4] * 3


def test_votes_on_other_images_are_refused():
    with pytest.raises(DataError, match="'b' is not among the 2 images"):
        read_votes(votes_table(VOTES, IDS), IDS[1:], 2)
    with pytest.raises(DataError, match="expected 1 to an image, found 2"):
        read_votes(votes_table(VOTES, IDS), IDS, 1)
