import dataclasses

import numpy as np
import pytest

from landmark_retrieval.reranking.graphs import gnn_neighbours
from landmark_retrieval.reranking.graphs.gnn_neighbours import list_neighbours

pytestmark = pytest.mark.costly


def loop_lists(queries, index, k, transductive):
    """Nearest nodes of each node, one after another."""
    vectors, m = np.vstack([queries, index]).astype(np.float64), len(queries)
    lists = []
    for i, vector in enumerate(vectors):
        cosines = [float(np.float32(np.sum(vector * other))) for other in vectors]
        nodes = range(len(vectors)) if transductive else range(m, len(vectors))
        nearest = sorted(nodes, key=lambda j: (-cosines[j], j))
        lists.append(([i, *nearest] if i < m and not transductive else nearest)[:k])
    return lists


@pytest.mark.parametrize("transductive", [True, False])
@pytest.mark.parametrize("k", [1, 6, 300])
def test_agrees_with_a_loop(make_inputs, monkeypatch, k, transductive):
    monkeypatch.setattr(gnn_neighbours, "BLOCK_ROWS", 37)
    inputs = make_inputs()
    queries, index = inputs.queries.vectors, inputs.index.vectors

    lists = list_neighbours(inputs, k, transductive)

    found = [nodes[nodes >= 0].tolist() for nodes in lists.nodes]
    assert found == loop_lists(queries, index, k, transductive)
    vectors = np.vstack([queries, index])
    for i, (nodes, cosines) in enumerate(zip(lists.nodes, lists.cosines, strict=True)):
        np.testing.assert_allclose(cosines[nodes >= 0], vectors[nodes[nodes >= 0]] @ vectors[i], atol=1e-6)
        assert np.isneginf(cosines[nodes < 0]).all()


def test_stored_neighbours_may_be_padded(make_inputs):
    inputs = make_inputs()
    stored = inputs.neighbours(4)
    stored.positions[3, 2:], stored.scores[3, 2:] = -1, -np.inf

    lists = list_neighbours(dataclasses.replace(inputs, index_neighbours=stored), 4, transductive=False)

    assert (lists.nodes[33] >= 0).sum() == 2
