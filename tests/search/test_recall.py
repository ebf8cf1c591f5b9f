import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.search.exact.search import search
from landmark_retrieval.search.recall import one_recall_at_k, recall_at_k


def ranking(positions, scores=None, n_index=10):
    positions = np.asarray(positions)
    if scores is None:
        scores = np.where(positions < 0, -np.inf, -np.arange(positions.shape[1]) - positions / 100)
    return Ranking(positions, np.asarray(scores, dtype=np.float32), n_index)


def test_stated_example():
    exact = ranking([[1, 2, 3], [4, 5, 6]], [[3, 2, 1], [3, 2, 1]])
    approximate = ranking([[1, 3, 9], [6, 5, 4]], [[3, 1, 0], [3, 2, 1]])

    assert recall_at_k(exact, approximate, 3) == pytest.approx(0.833333, abs=1e-6)
    assert one_recall_at_k(exact, approximate, 3) == 1.0


def test_agrees_with_sets():
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((210, 8)).astype(np.float32)
    exact = search(vectors[:10], vectors[10:], 20)
    approximate = search(vectors[:10] + 0.3, vectors[10:], 20)

    for k in (1, 5, 20):
        pairs = [
            (set(e[:k]), set(a[:k])) for e, a in zip(exact.positions, approximate.positions, strict=True)
        ]
        assert recall_at_k(exact, approximate, k) == pytest.approx(
            np.mean([len(e & a) / k for e, a in pairs])
        )
        firsts = [e in a[:k] for e, a in zip(exact.positions[:, 0], approximate.positions, strict=True)]
        assert one_recall_at_k(exact, approximate, k) == pytest.approx(np.mean(firsts))


def test_a_tie_of_the_last_counts_as_found():
    exact = ranking([[1, 2]], [[3, 2]])

    assert recall_at_k(exact, ranking([[1, 7]], [[3, 2]]), 2) == 1.0
    assert recall_at_k(exact, ranking([[1, 7]], [[3, 1.9]]), 2) == 0.5
    assert one_recall_at_k(exact, ranking([[7, 8]], [[3, 2]]), 2) == 1.0


def test_more_ties_than_places_are_no_more_than_all():
    exact = ranking([[1, 2]], [[3, 3]])

    assert recall_at_k(exact, ranking([[7, 8]], [[3, 3]]), 2) == 1.0


def test_short_lists_are_divided_by_their_length():
    exact = ranking([[1, 0, -1]], n_index=2)

    assert recall_at_k(exact, ranking([[1, -1, -1]], n_index=2), 5) == 0.5


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(DataError, match="over 10 rows"):
        recall_at_k(ranking([[1]]), ranking([[1]], n_index=5), 1)
    with pytest.raises(DataError, match="depth 1"):
        recall_at_k(ranking([[1]]), ranking([[1]]), 2)
    with pytest.raises(DataError, match="0 queries"):
        one_recall_at_k(ranking(np.zeros((0, 1), int)), ranking(np.zeros((0, 1), int)), 1)
