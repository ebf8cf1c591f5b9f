"""SuperGlobal re-ranking: a shortlist refined by its own neighbourhoods (Shao et al., ICCV 2023)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from landmark_retrieval.arrays import Float32s, Float64s, Floats, Int64s
from landmark_retrieval.errors import DataError
from landmark_retrieval.parallel.parallel_for import parallel_for
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.lists.reordering import append_rest, reorder_head
from landmark_retrieval.reranking.step import RerankingStep


@dataclass(frozen=True, eq=False)
class Refinement:
    """How each image of a shortlist is averaged with its nearest others.

    `x' = (x + Σ_j β·cos(x, x_j)·x_j) / (1 + Σ_j β·cos(x, x_j))` over the `k` nearest others in the shortlist,
    not normalised again. Where the weights do not add up to more than 0 (opposite images only), x' = x.

    Attributes:
        nearest: `(m, k)` int64 places in the shortlist.
        weights: `(m, k)` float64.
    """

    nearest: Int64s
    weights: Float64s

    def refine(self, values: Floats, places: Int64s) -> Float64s:
        """Refined values `(n, d)` of some images.

        Whatever is linear in the descriptors can be refined in their place, scores too.

        Args:
            values: `(m, d)` descriptors of the shortlist, or something linear in them.
            places: `(n,)` in the shortlist.
        """
        weights = self.weights[places]
        totals = values[places] + np.einsum("nk,nkd->nd", weights, values[self.nearest[places]])
        return totals / (1.0 + weights.sum(axis=1, keepdims=True))


def refinement(vectors: Float32s, k: int, beta: float) -> Refinement:
    """The refinement of a shortlist by the `k` nearest others of each image.

    An image weighs 1 by being itself, not by being its own nearest: among equal descriptors the outcome is
    the same, and where rounding puts another image first it is still the image that is refined.

    Args:
        vectors: `(m, dim)` float32.
        k: clipped to `m - 1`; ties are settled by the place in the list.
        beta: weight of a neighbour whose cosine is 1.
    """
    from landmark_retrieval.reranking.shortlist.shortlist_kernels import nearest_others

    cosines = vectors @ vectors.T
    nearest = nearest_others(cosines, min(k, len(vectors) - 1))
    weights = beta * np.take_along_axis(cosines, nearest, axis=1).astype(np.float64)
    weights[weights.sum(axis=1) <= -1] = 0
    return Refinement(nearest, weights)


def shortlist_scores(query: Float64s, vectors: Float32s, k: int, beta: float) -> Float32s:
    """Scores `(m,)` of a shortlist: the mean of `s1 = q·x'` and `s2 = g·x'`.

    g is the element-wise maximum over the refined descriptors x' of the `k + 1` best by s1; the query is not
    among them.

    Args:
        query: `(dim,)`.
        vectors: `(m, dim)` in the order of the list, at least one.
        k: neighbours of an image.
        beta: weight of a neighbour whose cosine is 1.
    """
    from landmark_retrieval.reranking.shortlist.shortlist_kernels import inner_products

    refined, everywhere = refinement(vectors, k, beta), np.arange(len(vectors))
    first = refined.refine(inner_products(vectors, query)[:, None], everywhere)[:, 0].astype(np.float32)
    best = np.argsort(-first, kind="stable")[: k + 1]
    aggregate = refined.refine(vectors, best).max(axis=0)
    second = refined.refine(inner_products(vectors, aggregate)[:, None], everywhere)[:, 0]
    return ((first + second) / 2).astype(np.float32)


def super_global_scores(queries: Floats, index: Floats, positions: Int64s, k: int, beta: float) -> Float32s:
    """`shortlist_scores` of every query and the images listed for it.

    Args:
        queries: `(n_queries, dim)`, L2-normalised.
        index: `(n_index, dim)`, L2-normalised; only the listed rows are read.
        positions: `(n_queries, m)` shortlists, `-1` pads the end.
        k: neighbours of an image.
        beta: weight of a neighbour whose cosine is 1.

    Returns:
        `(n_queries, m)`, 0 where padded.

    Raises:
        DataError: a query or a listed row holds NaN or infinity.
    """
    scores = np.zeros(positions.shape, dtype=np.float32)

    def work(query: int) -> None:
        listed = positions[query, : np.count_nonzero(positions[query] != PADDING)]
        if len(listed) == 0:
            return
        vectors, given = index[listed].astype(np.float32, copy=False), queries[query].astype(np.float64)
        if not (np.isfinite(vectors).all() and np.isfinite(given).all()):
            raise DataError(f"super_global: query row {query} or an index row in its list is not finite")
        scores[query, : len(listed)] = shortlist_scores(given, vectors, k, beta)

    parallel_for(work, len(positions), "super_global")
    return scores


class SuperGlobal(RerankingStep):
    """Orders the head of each list by refined descriptors.

    Attributes:
        shortlist: images at the head of each list that are re-ranked (M), fewer where the list is shorter.
        neighbours: images within the shortlist that refine each of them (K).
        beta: weight of a neighbour whose cosine is 1.
    """

    method: Literal["super_global"] = "super_global"
    shortlist: int = Field(default=400, gt=0)
    neighbours: int = Field(default=9, ge=0)
    beta: float = Field(default=0.15, ge=0)

    def apply(self, ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
        """Score the heads; what lies behind them follows in the order it had."""
        before = self.require_ranking(ranking)
        m = self.shortlist
        head = Ranking(before.positions[:, :m], before.scores[:, :m], before.n_index, before.ids_fingerprint)
        scores = super_global_scores(
            inputs.queries.vectors, inputs.index.vectors, head.positions, self.neighbours, self.beta
        )
        return append_rest(reorder_head(head, scores), before, inputs.depth)
