"""Query expansion: what AQE and αQE share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from landmark_retrieval.embeddings import normalise
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.step import RerankingStep
from landmark_retrieval.search.exact import search
from landmark_retrieval.search.scores import pair_scores

_QUERIES = 128  # expanded at once: their sums stay in the processor's cache


def expand_queries(
    queries: NDArray[np.floating], index: NDArray[np.floating], positions: NDArray[np.int64], alpha: float
) -> NDArray[np.float32]:
    """`q' = norm(q + Σ_i max(0, cos(q, x_i))^α x_i)` over the neighbours listed for each query.

    The query counts with weight 1. Cosines are clipped at 0, as a fractional power of a negative number is
    none and an even one turns opposites into neighbours. With α = 0 every neighbour has weight 1 (AQE).

    Args:
        queries: `(n_queries, dim)`, L2-normalised.
        index: `(n_index, dim)`, L2-normalised; only the listed rows are read.
        positions: `(n_queries, n)` int64 neighbours, `-1` pads.
        alpha: power of the cosine, 0 or more.

    Returns:
        `(n_queries, dim)` float32, L2-normalised.
    """
    expanded = np.empty(queries.shape, dtype=np.float32)
    for start in range(0, len(queries), _QUERIES):
        chunk = slice(start, start + _QUERIES)
        listed, total = positions[chunk], queries[chunk].astype(np.float64)
        cosines = np.maximum(pair_scores(queries[chunk], index, listed), 0).astype(np.float64)
        weights = np.where(listed == PADDING, 0.0, cosines**alpha)
        for column in range(listed.shape[1] if len(index) else 0):
            total += weights[:, column, None] * index[listed[:, column]]
        expanded[chunk] = normalise(total)
    return expanded


class QueryExpansion(RerankingStep):
    """Searches again with each query moved towards the head of its list.

    Attributes:
        n: images that are added up.
        includes_query: whether the query is one of the `n` (two-stage paper: 10 with the query, so 9
            neighbours) or comes in addition to them (`--aqe` of deep-image-retrieval).
        k: length of the new lists, images; None is the depth asked for.
    """

    n: int = Field(default=10, gt=0)
    includes_query: bool = True
    k: int | None = Field(default=None, gt=0)

    def expand(self, ranking: Ranking | None, inputs: RerankingInputs, alpha: float) -> Ranking:
        """The ranking of the expanded queries; the head of a list is taken in the order it has."""
        before = self.required(ranking)
        neighbours = before.positions[:, : self.n - self.includes_query]
        expanded = expand_queries(inputs.queries.vectors, inputs.index.vectors, neighbours, alpha)
        return search(expanded, inputs.index, self.k or inputs.depth, rows=before.rows)
