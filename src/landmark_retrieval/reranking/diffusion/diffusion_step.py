"""What the kinds of diffusion share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.step import RerankingStep
from landmark_retrieval.search.exact.scores import pair_scores
from landmark_retrieval.search.exact_search import search


class DiffusionStep(RerankingStep):
    """Solves `(I − αS) f = y` by conjugate gradients; defaults of Iscen et al. and Yang et al.

    Attributes:
        k_q: nearest neighbours of the query that diffusion starts from.
        gamma: power of the cosine, in the graph and for the query.
        alpha: share of what flows on along the edges.
        tolerance: residual to stop at, relative to `y`.
        max_iterations: steps of conjugate gradients at most.
    """

    k_q: int = Field(default=10, gt=0)
    gamma: float = Field(default=3.0, gt=0)
    alpha: float = Field(default=0.99, gt=0, lt=1)
    tolerance: float = Field(default=1e-6, gt=0)
    max_iterations: int = Field(default=20, gt=0)


def head_of_lists(
    ranking: Ranking, inputs: RerankingInputs, depth: int, queries: slice = slice(None)
) -> NDArray[np.int64]:
    """First `min(depth, n_index)` images of the lists of some queries; searched where lists are shorter."""
    depth = min(depth, len(inputs.index))
    if ranking.depth >= depth:
        return ranking.positions[queries, :depth]
    return search(inputs.queries.vectors[queries], inputs.index, depth).positions


def query_affinities(
    inputs: RerankingInputs, nearest: NDArray[np.int64], gamma: float
) -> NDArray[np.float64]:
    """`y = max(0, cos)^γ` at the images nearest to each query.

    Args:
        inputs: embeddings of queries and index.
        nearest: `(n_queries, k_q)` int64, `-1` pads.
        gamma: power of the cosine.

    Returns:
        `(n_queries, k_q)` float64, 0 where padded.

    Raises:
        DataError: an embedding is not finite.
    """
    cosines = pair_scores(inputs.queries.vectors, inputs.index.vectors, nearest)
    broken = ~np.isfinite(cosines) & (nearest >= 0)
    if broken.any():
        query = int(np.argmax(broken.any(axis=1)))
        raise DataError(f"query row {query}: its embedding or that of a neighbour is not finite")
    return np.maximum(cosines, 0).astype(np.float64) ** gamma
