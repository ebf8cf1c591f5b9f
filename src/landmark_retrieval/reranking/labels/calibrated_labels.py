"""Similarity and landmarks weighed by how far the landmarks can be trusted.

Sort-step and insert-step believe every predicted landmark, which harms where a landmark is not among the
training images. Here a landmark counts with its calibrated probability, and all landmarks with the share of
queries whose landmark is known at all; where none is, only query expansion remains.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from landmark_retrieval.arrays import Bools, Float64s, Floats, Int64s
from landmark_retrieval.errors import DataError
from landmark_retrieval.prediction import UNKNOWN
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.reranking.expansion.query_expansion import expand_queries
from landmark_retrieval.reranking.inputs import NeedName, RerankingInputs
from landmark_retrieval.reranking.labels.label_step import required_votes
from landmark_retrieval.reranking.step import RerankingStep
from landmark_retrieval.search.exact.scores import pair_scores
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.voting.votes import Votes

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_QUERIES = 256  # compared with the index at once


def landmark_probabilities(votes: Votes, posterior: Float64s, landmarks: Int64s) -> csr_array:
    """The probability of each landmark for each image, `(n, n_landmarks)`.

    Args:
        votes: `(n, k)` voted landmarks.
        posterior: `(n, k)`, 0 where a landmark is repeated.
        landmarks: ascending; others are left out.
    """
    from scipy.sparse import csr_array

    column = np.minimum(np.searchsorted(landmarks, votes.landmark_ids), max(len(landmarks) - 1, 0))
    present = (posterior > 0) & (votes.landmark_ids != UNKNOWN)
    if len(landmarks):
        present &= landmarks[column] == votes.landmark_ids
    row, at = np.nonzero(present & (len(landmarks) > 0))
    return csr_array((posterior[row, at], (row, column[row, at])), (len(votes), len(landmarks)))


def add_label_evidence(
    similar: Ranking,
    queries: Floats,
    index: Floats,
    of_queries: csr_array,
    of_index: csr_array,
    weight: float,
    candidates: int,
    depth: int,
) -> Ranking:
    """Rank by `cos(q, x) + weight · √(Σ_c P(c|q)·P(c|x))`.

    Considered are the images listed by similarity and, beside them, those that most probably show the
    landmark of the query. Ties: listed images first, in their order, then by row.

    Args:
        similar: lists by similarity.
        queries: `(n_queries, dim)`, what the lists were searched with.
        index: `(n_index, dim)`.
        of_queries: `(n_queries, n_landmarks)` probabilities.
        of_index: `(n_index, n_landmarks)` probabilities.
        weight: of the label term.
        candidates: images considered for their landmark, per query.
        depth: length of the lists.
    """
    width = min(depth, similar.n_index)
    positions = np.full((similar.n_queries, width), PADDING, dtype=np.int64)
    scores = np.full((similar.n_queries, width), -np.inf, dtype=np.float32)
    columns = of_index.T.tocsr()
    for start in range(0, similar.n_queries, _QUERIES):
        chunk = slice(start, start + _QUERIES)
        query, row, same = _pairs(of_queries[chunk] @ columns)
        listed, cosines = similar.positions[chunk], similar.scores[chunk]
        at = _place(listed, query, row, similar.n_index)
        evidence = np.zeros(listed.shape)
        evidence[query[at >= 0], at[at >= 0]] = same[at >= 0]
        new = _most_probable(query, same, at < 0, candidates)
        more, more_evidence = _padded(query[new], row[new], same[new], len(listed))
        joined = np.hstack([listed, more])
        total = np.hstack([cosines, pair_scores(queries[chunk], index, more)]).astype(np.float64)
        total += weight * np.sqrt(np.hstack([evidence, more_evidence]))
        order = np.argsort(-total, axis=1, kind="stable")[:, :width]
        positions[chunk, : order.shape[1]] = np.take_along_axis(joined, order, axis=1)
        scores[chunk, : order.shape[1]] = np.take_along_axis(total, order, axis=1)
    return Ranking(positions, scores, similar.n_index, similar.ids_fingerprint)


def _pairs(same: csr_array) -> tuple[Int64s, Int64s, Float64s]:
    """Queries, rows and values of all entries, by query, then row."""
    same.sort_indices()
    query = np.repeat(np.arange(same.shape[0]), np.diff(same.indptr))
    return query, same.indices.astype(np.int64), same.data


def _place(listed: Int64s, query: Int64s, row: Int64s, n_index: int) -> Int64s:
    """Place of each row in the list of its query, -1 where it is not listed."""
    at_query, column = np.nonzero(listed != PADDING)
    keys = at_query * n_index + listed[at_query, column]
    if len(keys) == 0:
        return np.full(len(query), -1)
    order = np.argsort(keys)
    wanted = query * n_index + row
    found = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)]
    return np.where(keys[found] == wanted, column[found], -1)


def _most_probable(query: Int64s, same: Float64s, free: Bools, candidates: int) -> Int64s:
    """The `candidates` most probable free pairs of each query, in their order."""
    left = np.flatnonzero(free)
    order = left[np.lexsort((left, -same[left], query[left]))]
    begins = np.searchsorted(query[order], query[order])
    return np.sort(order[np.arange(len(order)) - begins < candidates])


def _padded(query: Int64s, row: Int64s, same: Float64s, n_queries: int) -> tuple[Int64s, Float64s]:
    """Rows and values as a line per query."""
    counts = np.bincount(query, minlength=n_queries)
    column = np.arange(len(query)) - np.repeat(np.cumsum(counts) - counts, counts)
    rows = np.full((n_queries, counts.max(initial=0)), PADDING, dtype=np.int64)
    values = np.zeros(rows.shape)
    rows[query, column], values[query, column] = row, same
    return rows, values


class CalibratedLabels(RerankingStep):
    """αQE and, beside the similarity to the expanded query, the calibrated landmarks of both sides.

    Attributes:
        n: images that make the expanded query, itself among them; 1 leaves it as it is.
        alpha: power of their cosines.
        weight: of the label term, times the share of queries whose landmark is known.
        candidates: index images considered for their landmark alone, per query.
    """

    method: Literal["calibrated_labels"] = "calibrated_labels"
    n: int = Field(default=10, gt=0)
    alpha: float = Field(default=3.0, ge=0)
    weight: float = Field(default=6.0, ge=0)
    candidates: int = Field(default=200, gt=0)

    needs: ClassVar[frozenset[NeedName]] = frozenset({"votes", "calibration"})

    def apply(self, ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
        """Expand the queries, search again, and add what the landmarks say.

        Raises:
            DataError: there are no votes, no calibration, or the calibration is of more votes.
        """
        if inputs.calibration is None:
            raise DataError(f"{self.method}: no calibration of the votes was given")
        neighbours = self.require_ranking(ranking).positions[:, : self.n - 1]
        index = inputs.index.vectors
        expanded = expand_queries(inputs.queries.vectors, index, neighbours, self.alpha)
        k = inputs.calibration.votes
        on_queries, on_index = (votes.nearest(k) for votes in required_votes(inputs, k, self.method))
        landmarks = np.unique(on_queries.landmark_ids[on_queries.landmark_ids != UNKNOWN])
        return add_label_evidence(
            search(expanded, inputs.index, inputs.depth, ids_fingerprint=inputs.ids_fingerprint),
            expanded,
            index,
            landmark_probabilities(on_queries, inputs.calibration.posterior(on_queries), landmarks),
            landmark_probabilities(on_index, inputs.calibration.posterior(on_index), landmarks),
            self.weight * inputs.calibration.estimate_known_share(on_queries),
            self.candidates,
            inputs.depth,
        )
