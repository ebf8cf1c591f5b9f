import numpy as np
import pytest

from landmark_retrieval.embeddings import normalise
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.voting.soft_voting import soft_vote
from landmark_retrieval.voting.votes import Votes, collect_votes


def naive(neighbours, landmarks, k):
    predictions = []
    for rows, cosines in zip(neighbours.positions, neighbours.scores, strict=True):
        votes = {}
        for rank, (row, cosine) in enumerate(zip(rows[:k], cosines[:k], strict=True)):
            if row >= 0:
                votes.setdefault(int(landmarks[row]), []).append((float(cosine), rank))
        best = min(
            votes,
            key=lambda c: (-sum(v for v, _ in votes[c]), -max(v for v, _ in votes[c]), votes[c][0][1], c),
            default=-1,
        )
        predictions.append((best, sum(v for v, _ in votes.get(best, [])) / k))
    return predictions


def assert_same(prediction, expected):
    assert prediction.landmark_ids.tolist() == [landmark for landmark, _ in expected]
    np.testing.assert_array_equal(
        prediction.scores, np.array([score for _, score in expected], dtype=np.float32)
    )


def test_stated_example(on_circle):
    train = on_circle([0, 8, 30, 34, 90, 96, 180])
    queries = on_circle([2, 19, 93, 135, 61])
    landmarks = np.array([10, 20, 10, 20, 30, 30, 40])

    prediction = soft_vote(collect_votes(search(queries, train, 3), landmarks, 3), 3)

    assert prediction.landmark_ids.tolist() == [10, 20, 30, 30, 20]
    np.testing.assert_allclose(
        prediction.scores, [0.627446, 0.649184, 0.665753, 0.494751, 0.297002], atol=1e-6
    )


@pytest.mark.parametrize("k", [1, 3, 8])
@pytest.mark.parametrize("quantum", [None, 0.25])
def test_agrees_with_a_loop(k, quantum):
    rng = np.random.default_rng(0)
    positions = np.stack([rng.permutation(30)[:8] for _ in range(400)])
    scores = -np.sort(-rng.uniform(-1, 1, (400, 8)).astype(np.float32), axis=1)
    scores = (
        scores if quantum is None else np.round(scores / quantum).astype(np.float32) * np.float32(quantum)
    )
    short = np.arange(8) >= rng.integers(0, 12, 400)[:, None]
    positions[short], scores[short] = -1, -np.inf
    neighbours = Ranking(positions, scores, 30)
    landmarks = rng.integers(0, 5, 30)

    assert_same(soft_vote(collect_votes(neighbours, landmarks, 8), k), naive(neighbours, landmarks, k))


def test_permuting_the_training_set_changes_nothing():
    rng = np.random.default_rng(1)
    queries, train = (normalise(rng.standard_normal((n, 12))) for n in (50, 300))
    landmarks, order = rng.integers(0, 20, 300), rng.permutation(300)

    one = soft_vote(collect_votes(search(queries, train, 5), landmarks, 5), 5)
    other = soft_vote(collect_votes(search(queries, train[order], 5), landmarks[order], 5), 5)

    np.testing.assert_array_equal(one.landmark_ids, other.landmark_ids)
    np.testing.assert_array_equal(one.scores, other.scores)


def test_an_empty_training_set_predicts_nothing(on_circle):
    queries, train = on_circle([3, 4]), np.zeros((0, 2), dtype=np.float32)

    prediction = soft_vote(collect_votes(search(queries, train, 3), np.zeros(0, dtype=np.int64), 3), 3)

    assert_same(prediction, [(-1, 0), (-1, 0)])


def test_a_training_set_smaller_than_k_still_divides_by_k(on_circle):
    votes = collect_votes(search(on_circle([0]), on_circle([0]), 3), np.array([7]), 3)

    assert_same(soft_vote(votes, 3), [(7, 1 / 3)])


@pytest.mark.parametrize("k", [0, 4])
def test_votes_that_were_not_collected_are_refused(k):
    votes = Votes(np.zeros((2, 3), dtype=np.int64), np.zeros((2, 3), dtype=np.float32))

    with pytest.raises(DataError, match=f"votes of {k} neighbours: expected 1 to 3"):
        soft_vote(votes, k)
