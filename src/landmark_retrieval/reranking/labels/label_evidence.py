"""Landmark probabilities of queries and index images, as evidence beside similarity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landmark_retrieval.arrays import Bools, Float64s, Floats, Int64s
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.reranking.labels.background import Background
from landmark_retrieval.search.exact.scores import pair_scores

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_QUERIES = 256  # compared with the index at once
_UNSEEN = 0.5  # images added to the expected number of each landmark


@dataclass(frozen=True, eq=False)
class LabelEvidence:
    """How much likelier two images are of one landmark than two images at random, as far as labels tell.

    `Λ(q, x) = P(unknown|q) + Σ_c P(c|q)·P(c|x) / π_c`, `π_c` the share of index images of landmark c,
    estimated as `(1/2 + Σ_x P(c|x)) / n_index`: the Bayes factor of the labels, 1 where the query's landmark
    is not known.

    Attributes:
        unknown: `(n_queries,)`, `P(unknown|q)`.
        of_queries: `(n_queries, n_landmarks)`, `P(c|q) / π_c`.
        of_index: `(n_landmarks, n_index)`, `P(c|x)`.
    """

    unknown: Float64s
    of_queries: csr_array
    of_index: csr_array

    def pairs(self, queries: slice) -> tuple[Int64s, Int64s, Float64s]:
        """Queries (from 0), index rows and values of all pairs that share a landmark, by query, then row."""
        same = self.of_queries[queries] @ self.of_index
        same.sort_indices()
        query = np.repeat(np.arange(same.shape[0]), np.diff(same.indptr))
        return query, same.indices.astype(np.int64), same.data


def label_evidence(of_queries: csr_array, of_index: csr_array) -> LabelEvidence:
    """The evidence of probabilities `(n_queries, n_landmarks)` and `(n_index, n_landmarks)`."""
    from scipy.sparse import diags_array

    shares = (of_index.sum(axis=0) + _UNSEEN) / max(of_index.shape[0], 1)
    unknown = np.clip(1 - of_queries.sum(axis=1), 1e-9, 1)
    return LabelEvidence(unknown, (of_queries @ diags_array(1 / shares)).tocsr(), of_index.T.tocsr())


def rank_by_odds(
    similar: Ranking,
    queries: Floats,
    index: Floats,
    background: Background,
    evidence: LabelEvidence,
    candidates: int,
    width: int,
) -> Ranking:
    """Rank by the log-odds of relevance, `log odds(similarity) + log Λ`.

    Considered are the listed images and, beside them, those that most probably show the query's landmark.
    Ties: listed images first, in their order, then by row.

    Args:
        similar: lists by similarity.
        queries: `(n_queries, dim)`, what is compared with the index.
        index: `(n_index, dim)`.
        background: of these queries.
        evidence: of the labels.
        candidates: images considered for their landmark alone, per query.
        width: length of the lists.

    Returns:
        Lists scored by the log-odds.
    """
    positions = np.full((similar.n_queries, width), PADDING, dtype=np.int64)
    scores = np.full((similar.n_queries, width), -np.inf, dtype=np.float32)
    for start in range(0, similar.n_queries, _QUERIES):
        chunk = slice(start, start + _QUERIES)
        listed = similar.positions[chunk]
        query, row, same = evidence.pairs(chunk)
        at = _place(listed, query, row, similar.n_index)
        shown = np.zeros(listed.shape)
        shown[query[at >= 0], at[at >= 0]] = same[at >= 0]
        new = _most_probable(query, same, at < 0, candidates)
        more, more_shown = _padded(query[new], row[new], same[new], len(listed))
        joined = np.hstack([listed, more])
        total = background[chunk].log_odds(pair_scores(queries[chunk], index, joined))
        total += np.log(evidence.unknown[chunk, None] + np.hstack([shown, more_shown]))
        order = np.argsort(-total, axis=1, kind="stable")[:, :width]
        positions[chunk, : order.shape[1]] = np.take_along_axis(joined, order, axis=1)
        scores[chunk, : order.shape[1]] = np.take_along_axis(total, order, axis=1)
    return Ranking(positions, scores, similar.n_index, similar.ids_fingerprint)


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
