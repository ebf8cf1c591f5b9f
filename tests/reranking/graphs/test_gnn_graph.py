import numpy as np
import pytest

from landmark_retrieval.reranking.graphs.gnn_graph import NeighbourLists, build_graph

pytestmark = pytest.mark.costly


def random_lists(transductive):
    """Lists of 5 queries and 20 index images, some padded, some without a cosine."""
    rng = np.random.default_rng(0)
    nodes = np.array([rng.permutation(25)[:6] for _ in range(25)])
    if not transductive:
        nodes = np.where(nodes < 5, nodes + 5, nodes)
        nodes = np.array([np.r_[np.unique(row), -np.ones(6, int)][:6] for row in nodes])
        nodes[:5, 0] = np.arange(5)
    cosines = rng.integers(0, 5, nodes.shape).astype(np.float32) / 4
    padded = np.arange(6) >= rng.integers(1, 9, 25)[:, None]
    nodes[padded] = -1
    cosines[nodes == -1] = -np.inf
    return NeighbourLists(nodes, cosines, 5, transductive)


def dense_features(lists, k2):
    """Features of all nodes after two layers."""
    n = len(lists.nodes)
    features = np.zeros((n, n))
    for i, listed in enumerate(lists.nodes):
        features[i, listed[listed >= 0]] = 1
    for _ in range(2):
        backwards = features.copy()
        if not lists.transductive:
            backwards[: lists.n_queries] = 0
        both, features = features + backwards.T, np.zeros((n, n))
        for i in range(n):
            for j, cosine in zip(lists.nodes[i, :k2], lists.cosines[i, :k2], strict=True):
                if j >= 0:
                    features[i] += cosine**2 * both[j]
            length = np.linalg.norm(features[i])
            features[i] /= length or 1
    return features


@pytest.mark.parametrize("transductive", [True, False])
@pytest.mark.parametrize("k2", [1, 3, 6])
def test_scores_are_cosines_of_features(transductive, k2):
    lists = random_lists(transductive)

    graph = build_graph(lists, k2)

    features = dense_features(lists, k2)
    np.testing.assert_allclose(graph.scores(0, 5), features[:5] @ features[5:].T, atol=1e-6)
    np.testing.assert_array_equal(graph.scores(2, 4), graph.scores(0, 5)[2:4])
    assert (graph.values > 0).all()
