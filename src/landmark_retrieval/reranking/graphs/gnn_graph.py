"""The graph of GNN re-ranking: features that spread along nearest neighbours (Zhang et al., 2020)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landmark_retrieval.arrays import Float32s, Float64s, Int32s, Int64s
from landmark_retrieval.ranking import PADDING

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class NeighbourLists:
    """Nearest nodes of each node; queries are the first nodes, index images follow.

    Attributes:
        nodes: `(n, k1)` int64, nearest first, `-1` pads.
        cosines: `(n, k1)` float32, `-inf` where padded.
        n_queries: how many nodes are queries.
        transductive: whether queries are neighbours of other nodes.
    """

    nodes: Int64s
    cosines: Float32s
    n_queries: int
    transductive: bool


@dataclass(frozen=True, eq=False)
class SpreadGraph:
    """What features of the last layer are made from: `f_i = norm(Σ_{j≤k2} cos²(i, j)·B_j)`.

    Attributes:
        indptr: `(n + 1,)` int64, compressed rows of B: features of the first layer plus their transpose.
        indices: `(n_entries,)` int32.
        values: `(n_entries,)` float32.
        near: `(n, k2)` int64, the j of each i.
        weights: `(n, k2)` float64, `cos²`, 0 where padded.
        norms: `(n,)` float64 lengths of the sums.
        n_queries: how many nodes are queries.
        transductive: whether queries are neighbours of other nodes.
    """

    indptr: Int64s
    indices: Int32s
    values: Float32s
    near: Int64s
    weights: Float64s
    norms: Float64s
    n_queries: int
    transductive: bool

    def scores(self, start: int, stop: int) -> Float64s:
        """Cosines of the features of queries `start` to `stop - 1` with those of the index.

        Returns:
            `(stop - start, n_index)` float64, 0 where a query does not reach an image.
        """
        from landmark_retrieval.reranking.graphs.gnn_kernels import feature_cosines

        first_column = 0 if self.transductive else self.n_queries
        return feature_cosines(
            self.indptr,
            self.indices,
            self.values,
            self.near,
            self.weights,
            self.norms,
            np.arange(start, stop),
            self.n_queries,
            first_column,
        )


def build_graph(lists: NeighbourLists, k2: int) -> SpreadGraph:
    """Spread the adjacency once, and measure what spreading it a second time gives.

    A is the binary adjacency of the lists, an image usually its own neighbour. Twice: `A ← A + Aᵀ`, then
    `A_i ← Σ_{j≤k2} cos²(i, j)·A_j`, then rows of length 1. The second layer is computed row by row, so
    that memory stays in proportion to the entries of the first.

    Args:
        lists: nearest nodes of each node.
        k2: how many of them features spread along, clipped to the length of the lists.
    """
    from scipy.sparse import csr_array

    from landmark_retrieval.reranking.graphs.gnn_kernels import feature_norms, normalise_rows

    n = len(lists.nodes)
    near = np.ascontiguousarray(lists.nodes[:, :k2])
    padded = near == PADDING
    weights = np.where(padded, 0.0, np.where(padded, 0, lists.cosines[:, :k2]).astype(np.float64) ** 2)
    starts = np.arange(n + 1) * near.shape[1]
    spread = csr_array(
        (weights.ravel().astype(np.float32), np.maximum(near, 0).ravel(), starts), shape=(n, n)
    )
    features = spread @ _both_ways(_adjacency(lists.nodes), lists)
    normalise_rows(features.indptr.astype(np.int64), features.data)
    both = _both_ways(features, lists)
    parts = (both.indptr.astype(np.int64), both.indices.astype(np.int32), both.data)
    norms = feature_norms(*parts, near, weights)
    return SpreadGraph(*parts, near, weights, norms, lists.n_queries, lists.transductive)


def _adjacency(nodes: Int64s) -> csr_array:
    from scipy.sparse import csr_array

    listed = nodes != PADDING
    indptr = np.concatenate([[0], np.cumsum(listed.sum(axis=1))])
    ones = np.ones(indptr[-1], dtype=np.float32)
    return csr_array((ones, nodes[listed], indptr), shape=(len(nodes), len(nodes)))


def _both_ways(features: csr_array, lists: NeighbourLists) -> csr_array:
    """`A + Aᵀ`; where queries are in no list, nothing flows back from them."""
    if lists.transductive:
        return features + features.T.tocsr()
    backwards = features.copy()
    backwards.data[: backwards.indptr[lists.n_queries]] = 0
    return features + backwards.T.tocsr()
