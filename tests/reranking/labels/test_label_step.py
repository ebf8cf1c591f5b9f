from dataclasses import replace

import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.reranking.labels.insert_step import InsertStep
from landmark_retrieval.reranking.labels.sort_step import SortStep
from landmark_retrieval.voting.soft_voting import soft_vote
from landmark_retrieval.voting.votes import Votes

pytestmark = pytest.mark.costly

STEPS = [SortStep, InsertStep]


def random_votes(n, depth, seed):
    rng = np.random.default_rng(seed)
    cosines = -np.sort(-rng.uniform(0, 1, (n, depth)).astype(np.float32), axis=1)
    return Votes(rng.integers(0, 6, (n, depth)), cosines)


@pytest.fixture
def voted(make_inputs):
    return replace(make_inputs(), query_votes=random_votes(30, 5, 1), index_votes=random_votes(200, 5, 2))


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("k", [1, 3, 5])
def test_fewer_neighbours_vote_once_more(voted, make_ranking, step, k):
    before = make_ranking(0, 30, 200, 25)
    predicted = replace(
        voted,
        query_predictions=soft_vote(voted.query_votes, k),
        index_predictions=soft_vote(voted.index_votes, k),
    )

    ranking, expected = step(votes=k).apply(before, voted), step().apply(before, predicted)

    np.testing.assert_array_equal(ranking.positions, expected.positions)
    np.testing.assert_array_equal(ranking.scores, expected.scores)


@pytest.mark.parametrize("step", STEPS)
def test_predictions_are_taken_as_they_are(voted, make_ranking, step):
    other = replace(voted, query_votes=None, index_votes=None)
    before = make_ranking(0, 30, 200, 25)

    np.testing.assert_array_equal(
        step().apply(before, voted).positions, step().apply(before, other).positions
    )


def test_only_a_new_vote_needs_votes():
    assert SortStep(votes=3).needs == {"votes"}
    assert InsertStep().needs == {"predictions"}


def test_votes_that_are_missing_are_refused(make_inputs, make_ranking):
    with pytest.raises(DataError, match="sort_step: 3 neighbours are to vote, but no votes were given"):
        SortStep(votes=3).apply(make_ranking(0, 30, 200, 25), make_inputs())


def test_votes_of_too_few_neighbours_are_refused(voted, make_ranking):
    with pytest.raises(DataError, match="insert_step: 6 neighbours are to vote, but votes of 5 were given"):
        InsertStep(votes=6).apply(make_ranking(0, 30, 200, 25), voted)
