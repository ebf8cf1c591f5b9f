"""Nearest neighbours among queries and index together."""

from __future__ import annotations

import numpy as np

from landmark_retrieval.arrays import Float32s, Int64s
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.reranking.graphs.gnn_graph import NeighbourLists
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.search.blocks import BLOCK_ROWS
from landmark_retrieval.search.exact_search import search

Lists = tuple[Int64s, Float32s]


def list_neighbours(inputs: RerankingInputs, k: int, transductive: bool) -> NeighbourLists:
    """The `k` nearest nodes of each node, by (cosine descending, node ascending); queries come first.

    Args:
        inputs: embeddings of queries and index.
        k: clipped to the number of nodes.
        transductive: whether queries are listed. If not, a query is in no list but its own, which it leads.
    """
    n_queries = len(inputs.queries)
    of_queries = _shifted(search(inputs.queries, inputs.index, k), n_queries)
    of_index = _shifted(inputs.neighbours(k), n_queries)
    if transductive:
        of_queries = _merge(_shifted(search(inputs.queries, inputs.queries, k), 0), of_queries, k)
        of_index = _merge(_nearest_queries(inputs, k), of_index, k)
    else:
        itself = np.arange(n_queries)[:, None], np.full((n_queries, 1), np.inf, dtype=np.float32)
        nodes, cosines = _merge(itself, of_queries, k)
        cosines[:, 0] = 1
        of_queries = nodes, cosines
    return NeighbourLists(*_stack(of_queries, of_index), n_queries, transductive)


def _shifted(ranking: Ranking, nodes: int) -> Lists:
    padded = ranking.positions == PADDING
    return np.where(padded, PADDING, ranking.positions + nodes), ranking.scores


def _nearest_queries(inputs: RerankingInputs, k: int) -> Lists:
    """Queries for each index image; the index is read block by block."""
    vectors, queries = inputs.index.vectors, inputs.queries.vectors
    parts = [
        search(vectors[row : row + BLOCK_ROWS], queries, k) for row in range(0, len(vectors), BLOCK_ROWS)
    ]
    return np.concatenate([p.positions for p in parts]), np.concatenate([p.scores for p in parts])


def _merge(first: Lists, second: Lists, k: int) -> Lists:
    """The best `k` of both; `first` holds lower nodes, so that it wins ties."""
    nodes, cosines = np.hstack([first[0], second[0]]), np.hstack([first[1], second[1]])
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(nodes, order, axis=1), np.take_along_axis(cosines, order, axis=1)


def _stack(above: Lists, below: Lists) -> Lists:
    """One list over the other, the shorter ones padded."""
    shape = len(above[0]) + len(below[0]), max(above[0].shape[1], below[0].shape[1])
    nodes, cosines = np.full(shape, PADDING), np.full(shape, -np.inf, dtype=np.float32)
    for (listed, scored), rows in ((above, slice(len(above[0]))), (below, slice(len(above[0]), None))):
        nodes[rows, : listed.shape[1]], cosines[rows, : listed.shape[1]] = listed, scored
    return nodes, cosines
