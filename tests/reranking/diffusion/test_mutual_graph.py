import numpy as np
import pytest

from landmark_retrieval.reranking.diffusion.mutual_graph import mutual_graph, normalised
from landmark_retrieval.search.exact_search import search

pytestmark = pytest.mark.costly


def dense(graph):
    matrix = np.zeros((len(graph), len(graph)))
    matrix[graph.rows, graph.columns] = graph.weights
    return matrix


def loop_graph(positions, vectors, gamma):
    """Affinities pair by pair, from the definition."""
    n, k = positions.shape
    nearest = []
    for i in range(n):
        others = [int(j) for j in positions[i] if j >= 0 and j != i]
        nearest.append([i, *others[: k - 1]])
    affinity = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            if i != j and j in nearest[i] and i in nearest[j]:
                affinity[i, j] = max(0.0, float(vectors[i] @ vectors[j])) ** gamma
    return affinity


def on_the_circle(degrees):
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def test_vector_on_the_circle():
    found = search(on_the_circle([0, 12, 24, 36, 80, 90]), on_the_circle([0, 12, 24, 36, 80, 90]), 3)

    affinity = mutual_graph(found.positions, found.scores, 3.0)

    near, far = 0.935865, 0.955112
    expected = np.zeros((6, 6))
    expected[[0, 1, 1, 2, 2, 3], [1, 0, 2, 1, 3, 2]] = near
    expected[[4, 5], [5, 4]] = far
    np.testing.assert_allclose(dense(affinity), expected, atol=1e-6)
    laplacian = np.eye(6) - 0.99 * dense(normalised(affinity))
    expected = np.eye(6)
    expected[[0, 1, 2, 3], [1, 0, 3, 2]] = -0.700036
    expected[[1, 2], [2, 1]] = -0.495
    expected[[4, 5], [5, 4]] = -0.99
    np.testing.assert_allclose(laplacian, expected, atol=1e-6)


@pytest.mark.parametrize(("k", "gamma"), [(1, 3.0), (2, 1.0), (7, 3.0), (12, 2.5), (200, 3.0)])
def test_agrees_with_pairs_taken_one_by_one(make_inputs, k, gamma):
    vectors = make_inputs().index.vectors
    found = search(vectors, vectors, k)

    graph = mutual_graph(found.positions, found.scores, gamma)

    np.testing.assert_allclose(dense(graph), loop_graph(found.positions, vectors, gamma), atol=1e-6)
    assert (graph.weights > 0).all()


def test_padded_lists_of_any_length(make_inputs, make_ranking):
    vectors = make_inputs(n_index=60).index.vectors
    lists = make_ranking(3, 60, 60, 9)
    cosines = np.einsum("nd,nkd->nk", vectors, vectors[lists.positions]).astype(np.float32)

    graph = mutual_graph(lists.positions, cosines, 3.0)

    np.testing.assert_allclose(dense(graph), loop_graph(lists.positions, vectors, 3.0), atol=1e-6)


def test_both_ends_of_an_edge_weigh_the_same():
    positions = np.array([[0, 1], [1, 0]])
    cosines = np.array([[1, 0.5], [1, 0.25]], dtype=np.float32)

    graph = mutual_graph(positions, cosines, 1.0)

    np.testing.assert_array_equal(dense(graph), [[0, 0.5], [0.5, 0]])


def test_an_image_crowded_out_by_duplicates_counts_itself():
    same = np.ones((4, 1))
    found = search(same, same, 2)
    assert found.positions.tolist() == [[0, 1]] * 4

    graph = mutual_graph(found.positions, found.scores, 3.0)

    # each has room for one other: 2 and 3 list 0, which lists 1
    np.testing.assert_array_equal(np.argwhere(dense(graph)), [[0, 1], [1, 0]])


def test_nodes_without_edges_stay_without():
    vectors = np.array([[1, 0], [1, 0], [0, 1], [-1, 0]], dtype=np.float32)
    found = search(vectors, vectors, 4)

    graph = normalised(mutual_graph(found.positions, found.scores, 3.0))

    np.testing.assert_array_equal(dense(graph), [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
    assert len(normalised(mutual_graph(np.zeros((0, 3), np.int64), np.zeros((0, 3), "f4"), 3.0))) == 0


def test_permuting_the_images_permutes_the_graph():
    rng = np.random.default_rng(0)
    vectors, order = rng.standard_normal((80, 6), dtype=np.float32), rng.permutation(80)
    one, other = (search(v, v, 9) for v in (vectors, vectors[order]))

    graph = normalised(mutual_graph(one.positions, one.scores, 3.0))
    permuted = normalised(mutual_graph(other.positions, other.scores, 3.0))

    np.testing.assert_array_equal(dense(permuted), dense(graph)[np.ix_(order, order)])
