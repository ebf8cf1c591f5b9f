from dataclasses import replace

import numpy as np
import pytest

from landmark_retrieval.embeddings import Embeddings, normalise
from landmark_retrieval.errors import DataError
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.expansion.query_expansion import AlphaQE
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.knn import KNN
from landmark_retrieval.reranking.labels import landmark_aware
from landmark_retrieval.reranking.labels.landmark_aware import LandmarkAware, share_votes
from landmark_retrieval.voting.votes import Votes

pytestmark = pytest.mark.costly


def random_votes(rng, n, depth, lowest):
    cosines = -np.sort(-rng.integers(lowest, 9, (n, depth)).astype(np.float32) / 8, axis=1)
    landmarks = rng.integers(0, 6, (n, depth))
    short = np.arange(depth) >= rng.integers(0, 3 * depth, n)[:, None]
    landmarks[short], cosines[short] = -1, -np.inf
    return Votes(landmarks, cosines)


@pytest.fixture
def voted(make_inputs):
    rng = np.random.default_rng(3)
    return replace(
        make_inputs(), query_votes=random_votes(rng, 30, 5, -4), index_votes=random_votes(rng, 200, 5, -4)
    )


def naive_shares(landmarks, cosines):
    sums = {}
    for landmark, cosine in zip(landmarks, cosines, strict=True):
        if landmark >= 0 and cosine > 0:
            sums[int(landmark)] = sums.get(int(landmark), 0.0) + float(cosine)
    return {landmark: value / sum(sums.values()) for landmark, value in sums.items()}


def naive(inputs, ranking, query, alpha, votes, depth):
    shares = naive_shares(
        inputs.query_votes.landmark_ids[query, :votes], inputs.query_votes.cosines[query, :votes]
    )
    nearest = inputs.index_votes.landmark_ids[:, 0].tolist()
    listed = [row for row in ranking.positions[query].tolist() if row >= 0]
    last = min(ranking.scores[query, : len(listed)].tolist(), default=np.inf)
    q = inputs.queries.vectors[query].astype(np.float64)
    scored = [
        (-(score + alpha * shares.get(nearest[row], 0)), rank, row)
        for rank, (row, score) in enumerate(zip(listed, ranking.scores[query].tolist(), strict=False))
    ]
    for row, vector in enumerate(inputs.index.vectors.astype(np.float64)):
        if row not in listed and nearest[row] in shares:
            scored.append((-(min(float(q @ vector), last) + alpha * shares[nearest[row]]), len(listed), row))
    scored = sorted((float(np.float32(score)), rank, row) for score, rank, row in scored)[:depth]
    return [row for _, _, row in scored], [-score for score, _, _ in scored]


@pytest.mark.parametrize("votes", [1, 3, 5])
def test_shares_agree_with_a_loop(votes):
    given = random_votes(np.random.default_rng(0), 100, 5, -4)

    shares = share_votes(given, votes)

    for query in range(100):
        expected = naive_shares(given.landmark_ids[query, :votes], given.cosines[query, :votes])
        found = dict(zip(shares.landmark_ids[query].tolist(), shares.shares[query].tolist(), strict=True))
        assert {c: s for c, s in found.items() if c >= 0} == pytest.approx(expected)
        assert (shares.landmark_ids[query] >= 0).sum() == len(expected)


@pytest.mark.parametrize(
    ("alpha", "votes", "depth"), [(1.0, 3, 25), (0.25, 5, 10), (0.0, 1, 60), (2.0, 3, 500)]
)
@pytest.mark.parametrize("before", ["random", "knn"])
def test_agrees_with_a_loop(voted, make_ranking, monkeypatch, alpha, votes, depth, before):
    monkeypatch.setattr(landmark_aware, "_QUERIES", 7)
    monkeypatch.setattr(landmark_aware, "_PAIRS", 11)
    start = make_ranking(0, 30, 200, 25) if before == "random" else KNN(k=25).apply(None, voted)

    ranking = LandmarkAware(alpha=alpha, votes=votes, depth=depth).apply(start, voted)

    assert ranking.depth == min(depth, 200)
    for query in range(30):
        rows, scores = naive(voted, start, query, alpha, votes, depth)
        assert ranking.positions[query, : len(rows)].tolist() == rows
        np.testing.assert_allclose(ranking.scores[query, : len(rows)], scores, atol=1e-6)
        assert (ranking.positions[query, len(rows) :] == -1).all()


def test_a_query_without_votes_keeps_its_list(voted):
    before = KNN(k=25).apply(None, voted)
    nobody = Votes(np.full((30, 3), -1), np.full((30, 3), -np.inf, dtype=np.float32))

    ranking = LandmarkAware(depth=25).apply(before, replace(voted, query_votes=nobody))

    np.testing.assert_array_equal(ranking.positions, before.positions)
    np.testing.assert_array_equal(ranking.scores, before.scores)


def test_unlisted_images_stay_behind_a_list_of_another_scale(voted):
    expanded = AlphaQE(k=25).apply(KNN(k=25).apply(None, voted), voted)

    ranking = LandmarkAware(alpha=0, depth=25).apply(expanded, voted)

    np.testing.assert_array_equal(ranking.positions, expanded.positions)


def test_permuting_the_index_permutes_nothing_else():
    rng = np.random.default_rng(0)
    queries, index = (normalise(rng.standard_normal((n, 8))) for n in (20, 150))
    asked, shown = random_votes(rng, 20, 3, -4), random_votes(rng, 150, 3, -4)
    order = rng.permutation(150)
    moved = np.append(np.argsort(order), -1)

    def rerank(index, shown):
        nothing = [LabelPrediction(np.full(n, -1), np.zeros(n, np.float32)) for n in (20, 150)]
        sides = [
            Embeddings(np.array([f"{p}{i}" for i in range(len(v))]), v)
            for p, v in (("q", queries), ("x", index))
        ]
        inputs = RerankingInputs(*sides, *nothing, depth=40, query_votes=asked, index_votes=shown)
        return LandmarkAware().apply(KNN(k=20).apply(None, inputs), inputs)

    one, other = (
        rerank(index, shown),
        rerank(index[order], Votes(shown.landmark_ids[order], shown.cosines[order])),
    )

    np.testing.assert_array_equal(other.positions, moved[one.positions])
    np.testing.assert_array_equal(other.scores, one.scores)


@pytest.mark.parametrize(("n_queries", "n_index"), [(0, 8), (3, 0)])
def test_empty_queries_and_empty_index(n_queries, n_index):
    width = min(5, n_index)
    sides = [
        Embeddings(np.array([f"{p}{i}" for i in range(n)], dtype=str), np.ones((n, 1), np.float32))
        for p, n in (("q", n_queries), ("x", n_index))
    ]
    nothing = [LabelPrediction(np.full(n, -1), np.zeros(n, np.float32)) for n in (n_queries, n_index)]
    votes = [Votes(np.zeros((n, 3), np.int64), np.ones((n, 3), np.float32)) for n in (n_queries, n_index)]
    inputs = RerankingInputs(*sides, *nothing, query_votes=votes[0], index_votes=votes[1])
    before = Ranking(
        np.full((n_queries, width), -1), np.full((n_queries, width), -np.inf, np.float32), n_index
    )

    assert LandmarkAware(depth=5).apply(before, inputs).positions.shape == (n_queries, width)


def test_votes_that_are_missing_are_refused(voted, make_ranking):
    with pytest.raises(DataError, match="landmark_aware: 3 neighbours are to vote, but no votes were given"):
        LandmarkAware().apply(make_ranking(0, 30, 200, 25), replace(voted, index_votes=None))
    with pytest.raises(DataError, match="landmark_aware: 6 neighbours are to vote, but votes of 5"):
        LandmarkAware(votes=6).apply(make_ranking(0, 30, 200, 25), voted)


def test_a_vector_that_is_no_number_is_refused(voted, make_ranking):
    vectors = np.full_like(voted.index.vectors, np.nan)
    broken = replace(voted, index=Embeddings(voted.index.image_ids, vectors))

    with pytest.raises(DataError, match="holds NaN"):
        LandmarkAware().apply(make_ranking(0, 30, 200, 25), broken)
