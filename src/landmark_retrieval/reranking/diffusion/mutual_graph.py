"""The mutual k-NN graph that diffusion runs on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landmark_retrieval.arrays import Float32s, Float64s, Int32s, Int64s, Ints

GraphArrays = tuple[Int64s, Int32s, Float64s]


@dataclass(frozen=True, eq=False)
class Graph:
    """Weighted edges without loops, in compressed rows; an edge is in the rows of both its ends.

    Attributes:
        starts: `(n + 1,)` int64; node `i` owns the edges `starts[i]:starts[i + 1]`.
        columns: `(n_edges,)` int32, the other end of each edge.
        weights: `(n_edges,)` float64, positive.
    """

    starts: Int64s
    columns: Int32s
    weights: Float64s

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def arrays(self) -> GraphArrays:
        """Starts, columns and weights, as compiled loops take them."""
        return self.starts, self.columns, self.weights

    @property
    def rows(self) -> Int64s:
        """The node that owns each edge, `(n_edges,)` int64."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))


def mutual_graph(positions: Ints, cosines: Float32s, gamma: float) -> Graph:
    """`W_ij = max(0, cos)^γ` where each is among the `k` nearest of the other (Iscen et al., §3).

    A node counts among its own `k` nearest, also where duplicates have crowded it out of its list, and has no
    edge to itself. The edges of a node are in the order of its list.

    Args:
        positions: `(n, k)` nodes nearest to each node, best first, `-1` pads.
        cosines: `(n, k)` of these.
        gamma: power of the cosine, positive.
    """
    from landmark_retrieval.reranking.diffusion.mutual_graph_kernels import mutual_cosines, other_nodes

    # in one layout, as the loops are compiled for each
    others, similarity = other_nodes(positions.astype(np.int32), cosines.astype(np.float32))
    similarity = mutual_cosines(others, similarity)
    edge = similarity > 0
    starts = np.append(0, np.cumsum(edge.sum(axis=1)))
    return Graph(starts, others[edge], similarity[edge].astype(np.float64) ** gamma)


def normalised(graph: Graph) -> Graph:
    """`S = D^{-1/2} W D^{-1/2}`, `D` the sums of the rows of `W`; a node without edges has none in `S`."""
    rows = graph.rows
    degrees = np.bincount(rows, graph.weights, minlength=len(graph))
    scale = np.zeros(len(graph))
    np.divide(1, np.sqrt(degrees), out=scale, where=degrees > 0)
    return Graph(graph.starts, graph.columns, graph.weights * (scale[rows] * scale[graph.columns]))
