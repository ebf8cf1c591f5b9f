import dataclasses

import numba
import numpy as np
import pytest
from scipy.sparse.linalg import cg

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.diffusion.diffusion import Diffusion, diffuse, diffuse_within
from landmark_retrieval.reranking.diffusion.mutual_graph import mutual_graph, normalised
from landmark_retrieval.reranking.knn import KNN
from landmark_retrieval.search.exact_search import search

pytestmark = pytest.mark.costly

CONVERGED = {"tolerance": 1e-12, "max_iterations": 1_000}


def dense(graph):
    matrix = np.zeros((len(graph), len(graph)))
    matrix[graph.rows, graph.columns] = graph.weights
    return matrix


def graph_of(vectors, k):
    found = search(vectors, vectors, k)
    return mutual_graph(found.positions, found.scores, 3.0)


def random_systems(n, n_systems=70, k=4, seed=0):
    rng = np.random.default_rng(seed)
    seeds = np.stack([rng.permutation(n)[:k] for _ in range(n_systems)])
    values = rng.random((n_systems, k))
    padded = rng.random((n_systems, k)) < 0.2
    seeds[padded], values[padded] = -1, 0
    return seeds, values


def right_hand_sides(seeds, values, n):
    y = np.zeros((len(seeds), n + 1))
    np.put_along_axis(y, seeds, values, axis=1)
    return y[:, :n]


def on_the_circle(*degrees):
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_vector_on_the_circle():
    index, query = on_the_circle(0, 12, 24, 36, 80, 90), on_the_circle(2)
    ranking = search(query, index, 6)
    seeds, values = ranking.positions[:, :2], ranking.scores[:, :2].astype(float) ** 3
    np.testing.assert_allclose(values, [[0.998174, 0.955112]], atol=1e-6)

    (f,) = diffuse(normalised(graph_of(index, 3)), seeds, values, Diffusion(**CONVERGED))

    np.testing.assert_allclose(f[0], [40.295524, 56.136205, 54.490476, 38.145274, 0, 0], rtol=1e-6)


def test_vector_on_the_circle_as_a_step(make_inputs):
    inputs = make_inputs(n_queries=1, n_index=6, dim=2)
    index = dataclasses.replace(inputs.index, vectors=on_the_circle(0, 12, 24, 36, 80, 90))
    queries = dataclasses.replace(inputs.queries, vectors=on_the_circle(2))
    inputs = dataclasses.replace(inputs, queries=queries, index=index)

    ranked = Diffusion(k=3, k_q=2, **CONVERGED).apply(KNN().apply(None, inputs), inputs)

    assert ranked.positions.tolist() == [[1, 2, 0, 3, 4, 5]]


@pytest.mark.parametrize("k", [1, 3, 12, 500])
def test_solutions_agree_with_dense_ones(make_inputs, k):
    graph = normalised(graph_of(make_inputs().index.vectors, k))
    seeds, values = random_systems(200)

    f = np.concatenate(list(diffuse(graph, seeds, values, Diffusion(**CONVERGED))))

    y = right_hand_sides(seeds, values, 200)
    expected = np.linalg.solve(np.eye(200) - 0.99 * dense(graph), y.T).T
    np.testing.assert_allclose(f, expected, atol=1e-9 * expected.max())


@pytest.mark.parametrize("limits", [{}, {"max_iterations": 1}, {"max_iterations": 5}, {"tolerance": 1e-2}])
def test_stops_where_conjugate_gradients_of_scipy_stop(make_inputs, limits):
    graph = normalised(graph_of(make_inputs(dim=20).index.vectors, 10))
    seeds, values = random_systems(200)
    settings = Diffusion(**limits)

    f = np.concatenate(list(diffuse(graph, seeds, values, settings)))

    system = np.eye(200) - 0.99 * dense(graph)
    for one, y in zip(f, right_hand_sides(seeds, values, 200), strict=True):
        expected, _ = cg(system, y, rtol=settings.tolerance, maxiter=settings.max_iterations)
        np.testing.assert_allclose(one, expected, atol=1e-6 * expected.max())


@pytest.mark.parametrize("renormalise", [True, False])
@pytest.mark.parametrize("limits", [CONVERGED, {}])
def test_part_of_a_graph_agrees_with_a_dense_part(make_inputs, renormalise, limits):
    graph = graph_of(make_inputs(dim=20).index.vectors, 20)
    graph = graph if renormalise else normalised(graph)
    rng = np.random.default_rng(0)
    seeds, values = random_systems(200)
    parts = np.stack([rng.permutation(200)[:60] for _ in seeds]).astype(np.int32)
    parts[np.arange(60) >= rng.integers(20, 80, len(parts))[:, None]] = -1
    settings = Diffusion(**limits)

    f = diffuse_within(graph, parts, seeds, values, settings, renormalise)

    for one, part, y in zip(f, parts, right_hand_sides(seeds, values, 200), strict=True):
        rows = part[part >= 0]
        affinity = dense(graph)[np.ix_(rows, rows)]
        if renormalise:
            degrees = affinity.sum(axis=1)
            scale = np.divide(1, np.sqrt(degrees), out=np.zeros(len(rows)), where=degrees > 0)
            affinity = affinity * scale[:, None] * scale
        system = np.eye(len(rows)) - 0.99 * affinity
        expected, _ = cg(system, y[rows], rtol=settings.tolerance, maxiter=settings.max_iterations)
        np.testing.assert_allclose(one[: len(rows)], expected, atol=1e-6 * max(expected.max(), 1))
        assert (one[len(rows) :] == 0).all()


def test_solutions_do_not_depend_on_threads_or_neighbours_in_a_batch(make_inputs):
    vectors = make_inputs(dim=20).index.vectors
    affinity = graph_of(vectors, 10)
    graph = normalised(affinity)
    seeds, values = random_systems(200)
    parts = np.tile(np.arange(0, 200, 2, dtype=np.int32), (70, 1))
    order = np.random.default_rng(1).permutation(70)

    def solve(rows):
        f = np.concatenate(list(diffuse(graph, seeds[rows], values[rows], Diffusion())))
        return np.hstack([f, diffuse_within(affinity, parts[rows], seeds[rows], values[rows], Diffusion())])

    together = solve(np.arange(70))
    np.testing.assert_array_equal(solve(order), together[order])
    np.testing.assert_array_equal(np.concatenate([solve([row]) for row in range(70)]), together)
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        np.testing.assert_array_equal(solve(np.arange(70)), together)
    finally:
        numba.set_num_threads(before)


def loop_diffusion(step, ranking, inputs):
    """Scores of all images for each query, and whether it was reached, by a dense system of equations."""
    queries, index = (e.vectors.astype(np.float64) for e in (inputs.queries, inputs.index))
    affinity = dense(graph_of(inputs.index.vectors, step.k))
    for query, listed in zip(queries, ranking.positions, strict=True):
        part = listed[: step.truncate]
        inside = np.zeros(len(index), bool)
        inside[part] = True
        within = affinity * inside * inside[:, None]
        degrees = within.sum(axis=1)
        scale = np.divide(1, np.sqrt(degrees), out=np.zeros(len(index)), where=degrees > 0)
        y = np.zeros(len(index))
        y[listed[: step.k_q]] = np.maximum(index[listed[: step.k_q]] @ query, 0) ** step.gamma
        yield np.linalg.solve(np.eye(len(index)) - step.alpha * within * scale * scale[:, None], y)


@pytest.mark.parametrize("truncate", [None, 60, 200])
@pytest.mark.parametrize("depth", [20, 200])
def test_ranks_by_the_solution_then_as_before(make_inputs, truncate, depth):
    inputs = dataclasses.replace(make_inputs(dim=20), depth=depth)
    step = Diffusion(k=6, k_q=3, truncate=truncate, **CONVERGED)
    ranking = KNN(k=200).apply(None, inputs)

    ranked = step.apply(ranking, inputs)

    assert ranked.depth == depth
    assert ranked.ids_fingerprint == ranking.ids_fingerprint
    for scores, listed, before, solution in zip(
        ranked.scores, ranked.positions, ranking.positions, loop_diffusion(step, ranking, inputs), strict=True
    ):
        reached = min(depth, int((solution > 1e-12).sum()))
        np.testing.assert_allclose(scores[:reached], -np.sort(-solution)[:reached], rtol=1e-5)
        np.testing.assert_allclose(solution[listed[:reached]], scores[:reached], rtol=1e-5)
        rest = [row for row in before if row not in listed[:reached]]
        assert listed[reached:].tolist() == rest[: depth - reached]


def test_a_short_list_is_not_what_diffusion_is_limited_to(make_inputs):
    inputs = dataclasses.replace(make_inputs(dim=20), depth=50)
    for step in (Diffusion(k=6, k_q=10), Diffusion(k=6, k_q=10, truncate=80)):
        short, long = (step.apply(KNN(k=k).apply(None, inputs), inputs) for k in (5, 200))
        reached = (long.scores > 0) & (short.scores > 0)
        assert reached.sum() > 500
        np.testing.assert_array_equal(short.positions[reached], long.positions[reached])


def test_permuting_queries_or_index_permutes_nothing_else(make_inputs):
    inputs = dataclasses.replace(make_inputs(n_queries=70, dim=20), depth=30)
    rng = np.random.default_rng(5)
    vectors = rng.standard_normal((200, 20), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    inputs = dataclasses.replace(inputs, index=Embeddings(inputs.index.image_ids, vectors))
    step, some, order = Diffusion(k=6, k_q=3), rng.permutation(70), rng.permutation(200)
    ranked = step.apply(KNN().apply(None, inputs), inputs)

    queries = Embeddings(inputs.queries.image_ids[some], inputs.queries.vectors[some])
    shuffled = dataclasses.replace(inputs, queries=queries)
    by_query = step.apply(KNN().apply(None, shuffled), shuffled)
    index = Embeddings(inputs.index.image_ids[order], vectors[order])
    shuffled = dataclasses.replace(inputs, index=index)
    by_row = step.apply(KNN().apply(None, shuffled), shuffled)

    np.testing.assert_array_equal(by_query.positions, ranked.positions[some])
    np.testing.assert_array_equal(by_query.scores, ranked.scores[some])
    np.testing.assert_array_equal(order[by_row.positions], ranked.positions)
    np.testing.assert_allclose(by_row.scores, ranked.scores, rtol=1e-5)


def test_padded_lists_start_from_what_they_hold(make_inputs):
    inputs = dataclasses.replace(make_inputs(n_queries=2, dim=20), depth=10)
    full = KNN(k=10).apply(None, inputs)
    positions, scores = full.positions.copy(), full.scores.copy()
    positions[0, 1:], scores[0, 1:], positions[1], scores[1] = -1, -np.inf, -1, -np.inf
    padded = Ranking(positions, scores, 200, full.ids_fingerprint)

    ranked = Diffusion(k=6, k_q=5).apply(padded, inputs)

    alone = Diffusion(k=6, k_q=1).apply(full, inputs)
    np.testing.assert_allclose(ranked.scores[0], alone.scores[0], rtol=1e-6)
    assert (ranked.positions[1] == -1).all()


def test_refuses_what_is_no_number_and_a_missing_ranking(make_inputs):
    inputs = make_inputs()
    ranking = KNN().apply(None, inputs)
    inputs.queries.vectors[3, 0] = np.nan

    with pytest.raises(DataError, match="query row 3"):
        Diffusion().apply(ranking, inputs)
    with pytest.raises(DataError, match="diffusion: needs a ranking"):
        Diffusion().apply(None, inputs)


def test_asks_for_the_neighbours_of_its_graph():
    assert Diffusion(k=7).neighbours_needed == 7
