import numpy as np
import pytest

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.diffusion.c_crf import CCRF, averaged_graph
from landmark_retrieval.reranking.diffusion.c_crf_denoising import denoise
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.knn import KNN
from landmark_retrieval.search.exact_search import search

pytestmark = pytest.mark.costly


def inputs_of(queries, index, depth=100):
    sides = [
        Embeddings(np.array([f"{name}{i}" for i in range(len(vectors))]), vectors)
        for name, vectors in (("q", queries), ("x", index))
    ]
    unknown = [LabelPrediction(np.full(len(side), -1), np.zeros(len(side), np.float32)) for side in sides]
    return RerankingInputs(*sides, *unknown, depth=depth)


def dense_graph(denoised, k, gamma):
    """Symmetrised affinities as a full matrix."""
    affinity = np.zeros((denoised.n_queries, denoised.n_queries))
    for i, (positions, scores) in enumerate(zip(denoised.positions, denoised.scores, strict=True)):
        for j, score in list(zip(positions, scores, strict=True))[:k]:
            if j not in (i, -1):
                affinity[i, j] = max(0.0, float(score)) ** gamma
    return (affinity + affinity.T) / 2


def dense_scores(inputs, step):
    """Scores of all pairs by full matrices and exact solutions."""
    index = inputs.index.vectors.astype(np.float64)
    neighbours = search(inputs.index, inputs.index, len(index))
    affinity = dense_graph(denoise(neighbours, inputs.index.vectors, step), step.k_d, step.gamma)
    degrees = affinity.sum(axis=1)
    scale = np.where(degrees > 0, 1 / np.sqrt(np.where(degrees > 0, degrees, 1)), 0)
    laplacian = np.eye(len(index)) - step.alpha * scale[:, None] * affinity * scale
    inverse = np.zeros_like(laplacian)
    for i, positions in enumerate(neighbours.positions):
        part = [i, *[j for j in positions if j != i]][: step.n_trunc]
        inverse[i, part] = np.linalg.solve(laplacian[np.ix_(part, part)], np.eye(len(part))[0])
    scores = []
    for query in inputs.queries.vectors.astype(np.float64):
        nearest = sorted(range(len(index)), key=lambda j: (-np.float32(query @ index[j]), j))[: step.k_q]
        scores.append(sum(max(0, query @ index[j]) ** step.gamma * inverse[j] for j in nearest))
    return np.array(scores)


def test_lists_and_scores_of_the_authors_code(on_circle):
    inputs = inputs_of(on_circle([8, 60]), on_circle([0, 5, 12, 20, 33, 50, 70, 95]))
    step = CCRF(clique=6, divergence_scale=0.005, k_d=4, n_trunc=5, k_q=3)

    ranking = step.apply(KNN().apply(None, inputs), inputs)

    assert ranking.positions.tolist() == [[2, 1, 0, 3, 4, 5, 6, 7], [5, 6, 4, 7, 3, 2, 1, 0]]
    expected = [[9.93137, 9.787334, 9.090706, 8.073469, 3.913435]]
    np.testing.assert_allclose(ranking.scores[:1, :5], expected, rtol=1e-5)
    expected = [[4.252479, 3.887331, 3.442618, 1.999657, 1.851171, 0.727927, 0.312388]]
    np.testing.assert_allclose(ranking.scores[1:, :7], expected, rtol=1e-5)
    assert ranking.ids_fingerprint == inputs.ids_fingerprint


@pytest.mark.parametrize(("clique", "n_trunc", "k_d"), [(30, 40, 8), (15, 200, 20), (200, 10, 3)])
def test_agrees_with_full_matrices(make_inputs, clique, n_trunc, k_d):
    inputs = make_inputs(n_queries=10)
    step = CCRF(
        clique=clique,
        n_trunc=n_trunc,
        k_d=k_d,
        divergence_scale=0.02,
        alpha=0.9,
        tolerance=1e-10,
        max_iterations=300,
    )

    ranking = step.apply(KNN().apply(None, inputs), inputs)

    expected = dense_scores(inputs, step)
    found = np.take_along_axis(expected, ranking.positions, axis=1)
    reached = found > 1e-9
    np.testing.assert_allclose(ranking.scores[reached], found[reached], rtol=1e-3, atol=1e-5)
    best = -np.sort(-expected)[:, :100]
    np.testing.assert_allclose(found[reached], best[reached], rtol=1e-3, atol=1e-5)


def test_the_graph_has_no_loops_and_both_directions(make_ranking):
    denoised = make_ranking(0, 40, 40, 12)

    graph = averaged_graph(denoised, 7, 3.0)

    dense = np.zeros((40, 40))
    dense[graph.rows, graph.columns] = graph.weights
    np.testing.assert_allclose(dense, dense_graph(denoised, 7, 3.0), atol=1e-12)
    assert (graph.weights > 0).all()
    assert len({*zip(graph.rows.tolist(), graph.columns.tolist(), strict=True)}) == len(graph.weights)


def test_an_image_that_nobody_is_like_stays_behind(on_circle):
    inputs = inputs_of(on_circle([3]), on_circle([0, 5, 180, 8]))

    ranking = CCRF(divergence_scale=0.05).apply(KNN().apply(None, inputs), inputs)

    assert ranking.positions[0, 3] == 2
    assert np.isfinite(ranking.scores).all()


def test_equal_images_diffuse_from_themselves(on_circle):
    index = on_circle([20, 20, 20, 20, 30, 60])
    inputs = inputs_of(on_circle([25]), index)
    step = CCRF(clique=4, n_trunc=2, k_d=4, divergence_scale=0.05, k_q=5)

    ranking = step.apply(KNN().apply(None, inputs), inputs)

    assert sorted(ranking.positions[0, :5].tolist()) == [0, 1, 2, 3, 4]


def test_each_query_is_worked_on_by_itself(make_inputs):
    inputs, step = make_inputs(), CCRF(clique=20, n_trunc=20, k_d=5, divergence_scale=0.02)
    together = step.apply(KNN().apply(None, inputs), inputs)

    for query in range(0, 30, 9):
        one = inputs_of(inputs.queries.vectors[query : query + 1], inputs.index.vectors)
        alone = step.apply(KNN().apply(None, one), one)
        np.testing.assert_array_equal(alone.positions[0], together.positions[query])
        np.testing.assert_array_equal(alone.scores[0], together.scores[query])


def test_what_diffusion_does_not_reach_follows_in_its_order(make_inputs):
    inputs = make_inputs()
    knn = KNN(k=200).apply(None, inputs)

    ranking = CCRF(clique=5, n_trunc=5, k_d=3, k_q=2).apply(knn, inputs)

    for before, after, scores in zip(knn.positions, ranking.positions, ranking.scores, strict=True):
        rest = [row for row in before if row not in after[scores > 0]]
        assert after[scores <= 0].tolist() == rest[: (scores <= 0).sum()]


def test_takes_the_parameters_of_the_authors():
    step = CCRF()
    assert (step.clique, step.unary, step.pairwise) == (1000, 1.0, 0.1)
    assert (step.distance_scale, step.divergence_scale) == (0.9, 3.5e-4)
    assert (step.field_iterations, step.field_tolerance) == (20, 1e-5)
    assert (step.k_d, step.n_trunc, step.k_q, step.gamma, step.alpha) == (50, 1000, 10, 3.0, 0.99)
    assert step.neighbours_needed == 1000


def test_needs_a_ranking(make_inputs):
    with pytest.raises(DataError, match="c_crf: needs a ranking"):
        CCRF().apply(None, make_inputs())


def test_lists_of_others_are_not_padded_with_edges():
    positions, scores = np.array([[1, -1], [0, -1], [-1, -1]]), np.full((3, 2), -np.inf, np.float32)
    scores[:2, 0] = 0.5

    graph = averaged_graph(Ranking(positions, scores, 3), 2, 1.0)

    assert (graph.rows.tolist(), graph.columns.tolist()) == ([0, 1], [1, 0])
    np.testing.assert_allclose(graph.weights, [0.5, 0.5])
