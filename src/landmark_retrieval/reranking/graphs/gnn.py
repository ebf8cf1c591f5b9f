"""GNN re-ranking: features spread along a neighbour graph of queries and index (Zhang et al., 2020)."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from landmark_retrieval.arrays import Float32s, Float64s, Floats, Int64s
from landmark_retrieval.parallel.parallel_for import parallel_for
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.graphs.gnn_graph import SpreadGraph, build_graph
from landmark_retrieval.reranking.graphs.gnn_neighbours import list_neighbours
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.step import RerankingStep
from landmark_retrieval.search.blocks import read_blocks
from landmark_retrieval.search.exact.error_bounds import Norms, absolute_error, exact_norms
from landmark_retrieval.search.exact.scores import pair_scores

_SCORES = 2**26  # of queries and index, held at once
_ROUNDING = 2.0**-22  # of a score to float32, twice


def rerank_by_graph(
    queries: Floats, index: Floats, graph: SpreadGraph, weight: float, k: int, ids_fingerprint: str = ""
) -> Ranking:
    """The first `k` of the whole index by `(1 − λ)·f_q·f_g + λ·cos(q, g)`; ties by cosine, then by row.

    Float32 products propose images, as many as their rounding leaves in doubt; proposals are scored exactly.

    Args:
        queries: `(n_queries, dim)`, L2-normalised; the first nodes of the graph.
        index: `(n_index, dim)`, L2-normalised; the other nodes of the graph.
        graph: of queries and index.
        weight: λ of the cosine.
        k: length of the lists, clipped to `n_index`.
        ids_fingerprint: of the ranking.
    """
    width = min(k, len(index))
    positions = np.empty((len(queries), width), dtype=np.int64)
    scores = np.empty((len(queries), width), dtype=np.float32)
    longest = _longest(index)
    step = max(1, _SCORES // max(1, len(index)))
    for start in range(0, len(queries), step):
        chunk = slice(start, start + step)
        vectors = np.asarray(queries[chunk], dtype=np.float32)
        spread = (1 - weight) * graph.scores(start, start + len(vectors))
        positions[chunk], scores[chunk] = _best(vectors, index, spread, longest, weight, width)
    return Ranking(positions, scores, len(index), ids_fingerprint)


def _best(
    queries: Float32s, index: Floats, spread: Float64s, longest: Norms, weight: float, width: int
) -> tuple[Int64s, Float32s]:
    """The first `width` rows for each query, and their scores."""
    positions = np.empty((len(queries), width), dtype=np.int64)
    scores = np.empty((len(queries), width), dtype=np.float32)
    products = _products(queries, index)
    error = absolute_error(exact_norms(queries), longest, queries.shape[1], "float32")

    def work(query: int) -> None:
        rough = spread[query] + weight * products[query]
        wanted = np.partition(rough, len(rough) - width)[len(rough) - width]
        found = np.flatnonzero(rough >= wanted - 2 * weight * error[query] - _ROUNDING)
        cosines = pair_scores(queries[query : query + 1], index, found[None])[0].astype(np.float64)
        values = (spread[query, found] + weight * cosines).astype(np.float32)
        order = np.lexsort((found, -cosines, -values))[:width]
        positions[query], scores[query] = found[order], values[order]

    parallel_for(work, len(queries), "gnn")
    return positions, scores


def _longest(index: Floats) -> Norms:
    longest = Norms.zero()
    for _, block in read_blocks(index, "index"):
        longest = longest.joined(exact_norms(block).longest())
    return longest


def _products(vectors: Float32s, index: Floats) -> Float32s:
    products = np.empty((len(vectors), len(index)), dtype=np.float32)
    for row, block in read_blocks(index, "index"):
        np.matmul(vectors, block.T, out=products[:, row : row + len(block)])
    return products


class GNN(RerankingStep):
    """Graph neural network without learned weights; makes its own search and starts from nothing.

    Attributes:
        k1: nearest images that an image is adjacent to, itself usually among them.
        k2: how many of them its features are added up over.
        weight: λ, share of the cosine in the score.
        transductive: whether queries are nodes like index images, as published: the result of a query then
            depends on the others. If not, a query sees the index alone, and nothing sees it.
        k: length of the lists, images; None is the requested depth.
    """

    is_search = True

    method: Literal["gnn"] = "gnn"
    k1: int = Field(default=26, gt=0)
    k2: int = Field(default=7, gt=0)
    weight: float = Field(default=0.3, ge=0, le=1)
    transductive: bool = True
    k: int | None = Field(default=None, gt=0)

    @property
    def neighbours_needed(self) -> int:
        """Neighbours of each index image that make the graph."""
        return self.k1

    def apply(self, ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
        """The whole index by features and cosine; what was ranked before does not matter."""
        if len(inputs.index) == 0:
            return inputs.search(1)
        graph = build_graph(list_neighbours(inputs, self.k1, self.transductive), self.k2)
        queries, index = inputs.queries.vectors, inputs.index.vectors
        return rerank_by_graph(
            queries, index, graph, self.weight, self.k or inputs.depth, inputs.ids_fingerprint
        )
