"""Explore–exploit traversal of a weighted graph."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landmark_retrieval.arrays import Floats, Int64s, Ints
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.search.sort_keys import WORST_KEY, sort_keys, split_keys

_ROWS = 65_536  # nodes whose edges are packed at once
_SHARES = 4  # parts of the work for each thread, so that none waits long for another


@dataclass(frozen=True, eq=False)
class SymmetricGraph:
    """Weighted edges in compressed rows, each at both its ends.

    Attributes:
        starts: `(n + 1,)` int64; node `i` owns the edges `starts[i]:starts[i + 1]`.
        edges: `(n_edges,)` int64 keys (`search.sort_keys`) of weight and other end, so that the edges of a
            node are sorted by (weight descending, node ascending); `WORST_KEY` fills the end of a row.
    """

    starts: Int64s
    edges: Int64s

    def __len__(self) -> int:
        return len(self.starts) - 1


def symmetric_graph(neighbours: Ints, weights: Floats) -> SymmetricGraph:
    """The graph in which every listed edge can be gone along from both its ends.

    Where both ends list an edge, the larger weight holds for both.

    Args:
        neighbours: `(n, k)` different other ends of the edges of each node, not itself; `-1` where
            there is no edge.
        weights: `(n, k)`, finite where there is an edge.

    Raises:
        DataError: a weight is NaN or infinite.
    """
    from landmark_retrieval.reranking.graphs.traversal_kernels import join_edges, reverse_edges

    edges = np.empty(neighbours.shape, dtype=np.int64)
    for start in range(0, len(edges), _ROWS):
        chunk = slice(start, start + _ROWS)
        edges[chunk] = _packed(neighbours[chunk], weights[chunk])
    starts, reverse = reverse_edges(edges)
    joined = join_edges(edges, starts, reverse, _parts())
    return SymmetricGraph(starts + np.arange(len(starts)) * neighbours.shape[1], joined)


def traverse(neighbours: Ints, weights: Floats, graph: SymmetricGraph, t: float, p: int) -> Ranking:
    """Walk from each query along the heaviest edges (Chang et al., EGT; online mode).

    *Explore*: the neighbours of the images found last wait with the heaviest edge that led to them so far.
    *Exploit*: the waiting image of the heaviest edge is found, and so are the next as long as their edge
    weighs more than `t`; then comes exploration again. The first explored is the query, the only time that a
    query is. With `t = ∞` one image is found at a time (Prim's maximum spanning tree), a small `t` finds the
    neighbours of the query first, then theirs. Of equal edges the one explored first leads: those of the
    query in the order given, those of an image by row.

    Args:
        neighbours: `(n_queries, k)` different images that each query has an edge to; `-1` where there is
            none.
        weights: `(n_queries, k)`, finite where there is an edge.
        graph: of the images.
        t: threshold of the weights; may be infinite.
        p: images to find for each query, clipped to the size of the graph.

    Returns:
        Lists of `min(p, n)` images in the order they were found, scored by the lightest edge that a query had
        to accept so far: the running minimum of the weights, which does not increase.

    Raises:
        DataError: a weight is NaN or infinite.
    """
    from landmark_retrieval.reranking.graphs.traversal_kernels import traverse_all

    order = np.argsort(np.where(neighbours == PADDING, np.inf, -weights), axis=1, kind="stable")
    edges = np.take_along_axis(_packed(neighbours, weights), order, axis=1)
    threshold = int(sort_keys(np.array([t], dtype=np.float32), np.zeros(1, np.int64))[0] >> 32)
    found = traverse_all(edges, graph.starts, graph.edges, threshold, min(p, len(graph)), _parts())
    scores, positions = split_keys(found)
    scores[found == WORST_KEY], positions[found == WORST_KEY] = -np.inf, PADDING
    return Ranking(positions, np.minimum.accumulate(scores, axis=1), len(graph))


def _packed(neighbours: Ints, weights: Floats) -> Int64s:
    """Keys of edges, `WORST_KEY` where there is none."""
    absent = neighbours == PADDING
    if not np.isfinite(weights[~absent]).all():
        raise DataError("edges: expected finite weights, found NaN or infinity")
    values = np.where(absent, 0, weights).astype(np.float32)
    return np.where(absent, WORST_KEY, sort_keys(values, np.where(absent, 0, neighbours).astype(np.int64)))


def _parts() -> int:
    from numba import get_num_threads

    return _SHARES * int(get_num_threads())
