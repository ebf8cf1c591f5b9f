import dataclasses

import numpy as np
import pytest

from landmark_retrieval.embeddings import Embeddings, normalise
from landmark_retrieval.errors import DataError
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.graphs import gnn
from landmark_retrieval.reranking.graphs.gnn import GNN
from landmark_retrieval.reranking.inputs import RerankingInputs

pytestmark = pytest.mark.costly


def inputs_of(queries, index, depth=100):
    sides = [
        Embeddings(np.array([f"{name}{i}" for i in range(len(vectors))]), vectors)
        for name, vectors in (("q", queries), ("x", index))
    ]
    unknown = [LabelPrediction(np.full(len(side), -1), np.zeros(len(side), np.float32)) for side in sides]
    return RerankingInputs(*sides, *unknown, depth=depth)


def dense_scores(queries, index, k1, k2, weight, transductive=True):
    """Scores of all pairs from full matrices, as published."""
    vectors, m = np.vstack([queries, index]).astype(np.float64), len(queries)
    cosines = (vectors @ vectors.T).astype(np.float32).astype(np.float64)
    seen = cosines.copy()
    if not transductive:
        seen[:, :m] = -np.inf
        seen[np.arange(m), np.arange(m)] = 1 + 1e-6  # a query leads its own list
    lists = [[j for j in np.argsort(-row, kind="stable") if row[j] > -np.inf][:k1] for row in seen]
    features = np.zeros_like(cosines)
    for i, listed in enumerate(lists):
        features[i, listed] = 1
    for _ in range(2):
        backwards = features.copy()
        if not transductive:
            backwards[:m] = 0
        features = features + backwards.T
        near = [sum(seen[i, j] ** 2 * features[j] for j in listed[:k2]) for i, listed in enumerate(lists)]
        lengths = np.linalg.norm(near, axis=1, keepdims=True)
        features = near / np.where(lengths == 0, 1, lengths)
    return (1 - weight) * features[:m] @ features[m:].T + weight * cosines[:m, m:]


def assert_best_of(ranking, expected):
    """The lists hold the largest of the expected scores, whatever the order of near ties."""
    found = np.take_along_axis(expected, ranking.positions, axis=1)
    np.testing.assert_allclose(ranking.scores, found, atol=1e-5)
    np.testing.assert_allclose(ranking.scores, -np.sort(-expected)[:, : ranking.depth], atol=1e-5)


def test_stated_lists(on_circle):
    inputs = inputs_of(on_circle([4, 55]), on_circle([0, 9, 21, 50, 58, 140]))

    ranking = GNN(k1=4, k2=2).apply(None, inputs)

    assert ranking.positions.tolist() == [[0, 1, 2, 3, 4, 5], [4, 3, 5, 2, 1, 0]]
    assert ranking.ids_fingerprint == inputs.ids_fingerprint


@pytest.mark.parametrize("transductive", [True, False])
@pytest.mark.parametrize(("k1", "k2", "weight"), [(26, 7, 0.3), (4, 2, 0.3), (3, 9, 0.0), (5, 1, 1.0)])
def test_agrees_with_full_matrices(make_inputs, k1, k2, weight, transductive):
    inputs = make_inputs()
    queries, index = inputs.queries.vectors, inputs.index.vectors

    ranking = GNN(k1=k1, k2=k2, weight=weight, transductive=transductive, k=60).apply(None, inputs)

    assert ranking.depth == 60
    assert_best_of(ranking, dense_scores(queries, index, k1, k2, weight, transductive))


@pytest.mark.parametrize("transductive", [True, False])
def test_fewer_images_than_neighbours(transductive):
    rng = np.random.default_rng(0)
    queries, index = normalise(rng.standard_normal((3, 4))), normalise(rng.standard_normal((6, 4)))

    ranking = GNN(transductive=transductive).apply(None, inputs_of(queries, index))

    assert ranking.depth == 6
    assert_best_of(ranking, dense_scores(queries, index, 26, 7, 0.3, transductive))


def test_images_without_direction_have_no_feature(on_circle):
    queries, index = on_circle([0, 90]), on_circle([5, 40, 85])
    queries[1] = 0
    index[2] = 0

    ranking = GNN(k1=2, k2=2).apply(None, inputs_of(queries, index))

    assert_best_of(ranking, dense_scores(queries, index, 2, 2, 0.3))
    assert ranking.scores[1].tolist() == [0, 0, 0]


def test_ties_follow_the_cosine_then_the_row(on_circle):
    index = on_circle([80, 10, 10, 80, 10])

    ranking = GNN(k1=2, k2=2).apply(None, inputs_of(on_circle([12]), index))

    assert ranking.positions.tolist() == [[1, 2, 4, 0, 3]]


@pytest.mark.parametrize("transductive", [True, False])
def test_blocks_and_stored_neighbours_change_nothing(make_inputs, monkeypatch, transductive):
    inputs, step = make_inputs(), GNN(transductive=transductive)
    expected = step.apply(None, inputs)

    monkeypatch.setattr(gnn, "_SCORES", 1)
    again = step.apply(None, dataclasses.replace(inputs, index_neighbours=inputs.neighbours(40)))

    np.testing.assert_array_equal(again.positions, expected.positions)
    np.testing.assert_array_equal(again.scores, expected.scores)


def test_permuting_queries_and_index_renames_them(make_inputs):
    inputs = make_inputs()
    rng = np.random.default_rng(0)
    asked, order = rng.permutation(30), rng.permutation(200)
    queries, index = inputs.queries.vectors[asked], inputs.index.vectors[order]

    ranking = GNN().apply(None, inputs)
    permuted = GNN().apply(None, inputs_of(queries, index))

    np.testing.assert_allclose(permuted.scores, ranking.scores[asked], atol=1e-6)
    renamed = Ranking(order[permuted.positions], permuted.scores, 200)
    assert_best_of(renamed, dense_scores(queries, inputs.index.vectors, 26, 7, 0.3))


def test_a_query_that_sees_the_index_alone_does_not_mind_the_others(make_inputs):
    inputs, step = make_inputs(), GNN(transductive=False)
    together = step.apply(None, inputs)

    for query in range(0, 30, 7):
        alone = step.apply(None, inputs_of(inputs.queries.vectors[query : query + 1], inputs.index.vectors))
        np.testing.assert_array_equal(alone.positions[0], together.positions[query])
        np.testing.assert_array_equal(alone.scores[0], together.scores[query])


def test_numbers_that_are_none_are_refused(make_inputs):
    inputs = make_inputs()
    vectors = inputs.index.vectors.copy()
    vectors[7, 3] = np.nan

    with pytest.raises(DataError, match="row 7"):
        GNN().apply(None, inputs_of(inputs.queries.vectors, vectors))


def test_takes_the_parameters_of_the_paper():
    assert GNN() == GNN(k1=26, k2=7, weight=0.3, transductive=True, k=None)
    assert GNN.is_search
    assert GNN().neighbours_needed == 26
