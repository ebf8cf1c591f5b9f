"""Query expansion: a query moves towards the head of its list, and is searched again."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from typing import Literal

import numpy as np
from pydantic import Field

from landmark_retrieval.arrays import Float32s, Float64s, Floats, Int64s
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.reranking.expansion.weights import (
    RankWeights,
    WeightedByCosine,
    WeightedByRank,
    neighbour_weights,
)
from landmark_retrieval.reranking.inputs import NeedName, RerankingInputs
from landmark_retrieval.reranking.step import RerankingStep
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.voting.soft_voting import soft_vote
from landmark_retrieval.voting.votes import collect_votes


def expand_queries(
    queries: Floats,
    index: Floats,
    positions: Int64s,
    alpha: float = 0.0,
    weights: Float64s | None = None,
    out: Float32s | None = None,
) -> Float32s:
    """`q' = norm(q + Σ_r w_r · max(0, cos(q, x_r))^α · x_r)` over the neighbours listed for each query.

    The query counts with weight 1. Cosines are clipped at 0, as a fractional power of a negative number is
    none and an even one turns opposites into neighbours; with α = 0 they do not matter. Sums are in float64.

    Args:
        queries: `(n_queries, dim)`, L2-normalised.
        index: `(n_index, dim)` float32 or float16, L2-normalised, possibly memory-mapped; only the listed
            rows are read, and none is copied unless the rows are strided or of another type.
        positions: `(n_queries, n)` int64 neighbours, `-1` pads.
        alpha: power of the cosine, 0 or more.
        weights: `(n,)` or longer, finite weights of the first, second … neighbour; 1 by default.
        out: `(n_queries, dim)` float32, contiguous, other memory than the inputs: where the result is
            written; by default a new array.

    Returns:
        `(n_queries, dim)` float32, L2-normalised.

    Raises:
        DataError: the arrays do not fit each other, a position lies outside the index, or a query or one of
            its neighbours holds NaN or infinity.
    """
    from landmark_retrieval.reranking.expansion.kernels import expand_rows

    n = positions.shape[1]
    weights = np.ones(n) if weights is None else np.ascontiguousarray(weights[:n], dtype=np.float64)
    _check(queries, index, positions, weights)
    vectors, rows = _readable(index, positions.astype(np.int64, copy=False))
    nothing, halves = np.empty((0, index.shape[1])), vectors.dtype == np.float16
    expanded = np.empty(queries.shape, dtype=np.float32) if out is None else out
    norms = expand_rows(
        np.ascontiguousarray(queries, dtype=np.float32),
        nothing.astype(np.float32) if halves else vectors,
        vectors.view(np.uint16) if halves else nothing.astype(np.uint16),
        rows,
        weights,
        float(alpha),
        expanded,
    )
    if not np.isfinite(norms).all():
        query = int(np.isfinite(norms).argmin())
        raise DataError(
            f"query row {query}, index rows {positions[query].tolist()}: expected finite L2-normalised "
            "vectors, found NaN or infinity in them or in their sum"
        )
    return expanded


def _check(queries: Floats, index: Floats, positions: Int64s, weights: Float64s) -> None:
    if queries.shape[1] != index.shape[1] or len(queries) != len(positions):
        raise DataError(
            f"expansion: queries {queries.shape}, index {index.shape} and neighbours {positions.shape} "
            "must be (n_queries, dim), (n_index, dim) and (n_queries, n)"
        )
    if len(weights) != positions.shape[1]:
        raise DataError(f"expansion: expected {positions.shape[1]} weights or more, found {len(weights)}")
    if positions.size and not PADDING <= positions.min() <= positions.max() < len(index):
        raise DataError(
            f"expansion: expected rows below {len(index)}, found {positions.min()} to {positions.max()}"
        )


def _readable(index: Floats, positions: Int64s) -> tuple[Floats, Int64s]:
    """Vectors of a layout that the compiled loop reads, and the rows of the neighbours in them."""
    if index.flags.c_contiguous and index.dtype in (np.float32, np.float16):
        return np.asarray(index), positions
    listed, places = np.unique(positions, return_inverse=True)
    rows = listed[listed != PADDING]
    places = places.reshape(positions.shape) - (len(listed) - len(rows))  # padding is the first of the listed
    return index[rows].astype(np.float32, order="C"), places


class QueryExpansion(RerankingStep):
    """What AQE and αQE share.

    Attributes:
        n: images that are added up.
        includes_query: whether the query is one of the `n` (two-stage paper: 10 with the query, so 9
            neighbours) or comes in addition to them (`--aqe` of deep-image-retrieval).
        k: length of the new lists, images; None is the requested depth.
        relabel: whether the expanded query votes on its landmark, for the steps that follow; else the
            landmark stays the one predicted from the query itself.
        votes: training images that vote on an expanded query.
    """

    n: int = Field(default=10, gt=0)
    includes_query: bool = True
    k: int | None = Field(default=None, gt=0)
    relabel: bool = False
    votes: int = Field(default=3, gt=0)

    @property
    @abstractmethod
    def weighting(self) -> tuple[float, RankWeights]:
        """Power of the cosine, and weights by rank."""

    @property
    def needs(self) -> frozenset[NeedName]:
        """The training images, if the expanded query votes."""
        return frozenset({"train"}) if self.relabel else frozenset()

    @property
    def changes_inputs(self) -> bool:
        """Later steps see other landmarks of the queries, if these vote again."""
        return self.relabel

    def apply(self, ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
        """The ranking of the expanded queries; the head of a list is taken in the order it has."""
        before = self.require_ranking(ranking)
        return self._search(self._expand(before, inputs), before, inputs)

    def run(self, ranking: Ranking | None, inputs: RerankingInputs) -> tuple[Ranking, RerankingInputs]:
        """The ranking of the expanded queries, and the inputs with the landmarks these vote for."""
        if not self.relabel:
            return super().run(ranking, inputs)
        before = self.require_ranking(ranking)
        expanded = self._expand(before, inputs)
        return self._search(expanded, before, inputs), self._vote(expanded, inputs)

    def _expand(self, ranking: Ranking, inputs: RerankingInputs) -> Float32s:
        alpha, by_rank = self.weighting
        n_neighbours = self.n - self.includes_query
        positions = ranking.positions[:, :n_neighbours]
        weights = neighbour_weights(by_rank, n_neighbours)
        return expand_queries(inputs.queries.vectors, inputs.index.vectors, positions, alpha, weights)

    def _search(self, expanded: Float32s, before: Ranking, inputs: RerankingInputs) -> Ranking:
        return search(expanded, inputs.index, self.k or inputs.depth, ids_fingerprint=before.ids_fingerprint)

    def _vote(self, expanded: Float32s, inputs: RerankingInputs) -> RerankingInputs:
        if inputs.train is None:
            raise DataError(f"{self.method}: relabel needs the training images, and none were given")
        # later steps may count the votes again, so there must be as many as before
        depth = max(self.votes, inputs.query_votes.depth if inputs.query_votes else 0)
        neighbours = search(expanded, inputs.train.embeddings, depth)
        votes = collect_votes(neighbours, inputs.train.landmark_ids, depth)
        return dataclasses.replace(inputs, query_votes=votes, query_predictions=soft_vote(votes, self.votes))


class AQE(WeightedByRank, QueryExpansion):
    """Average query expansion, with equal weights or weights by rank."""

    method: Literal["aqe"] = "aqe"


class AlphaQE(WeightedByCosine, QueryExpansion):
    """αQE, weighted by similarity (GeM paper; parameters of the two-stage paper, §5.3)."""

    method: Literal["alpha_qe"] = "alpha_qe"
