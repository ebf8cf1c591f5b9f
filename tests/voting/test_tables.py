import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.voting.tables import predictions_table, read_predictions, read_votes, votes_table
from landmark_retrieval.voting.votes import Votes

IDS = ["b", "a", "c"]
VOTES = Votes(
    np.array([[3, 1], [2, -1], [-1, -1]]),
    np.array([[0.5, -0.25], [1, -np.inf], [-np.inf, -np.inf]], np.float32),
)


def test_votes_come_back_in_the_order_asked_for():
    table = votes_table(VOTES, IDS)
    order = [2, 0, 1]

    read = read_votes(table.sample(frac=1, random_state=0), [IDS[i] for i in order])

    np.testing.assert_array_equal(read.landmark_ids, VOTES.landmark_ids[order])
    np.testing.assert_array_equal(read.cosines, VOTES.cosines[order])


@pytest.mark.parametrize("shape", [(3, 0), (0, 2), (0, 0)])
def test_nobody_votes(shape):
    none = Votes(np.empty(shape, np.int64), np.empty(shape, np.float32))

    assert len(read_votes(votes_table(none, IDS[: shape[0]]), IDS[: shape[0]])) == shape[0]


@pytest.mark.parametrize("rows", [slice(0, None), slice(2, None), slice(0, 0)])
def test_votes_that_are_missing_are_noticed(rows):
    table = votes_table(VOTES, IDS)

    with pytest.raises(DataError, match="are not those of the 3 images"):
        read_votes(pd.concat([table.iloc[rows], table.iloc[:1]]), IDS)
    with pytest.raises(DataError, match="are not those of the 3 images"):
        read_votes(table, ["a", "b", "d"])


def test_predictions_come_back_in_the_order_of_the_ids():
    prediction = LabelPrediction(np.array([3, -1, 7]), np.array([0.25, 0, -0.5], np.float32))

    table = predictions_table(prediction, IDS)
    read = read_predictions(table.iloc[::-1], IDS)

    np.testing.assert_array_equal(read.landmark_ids, prediction.landmark_ids)
    np.testing.assert_array_equal(read.scores, prediction.scores)
    with pytest.raises(DataError, match="expected 3 image ids, found 2"):
        predictions_table(prediction, IDS[:2])
