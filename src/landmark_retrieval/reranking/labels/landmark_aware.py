"""Landmark-aware score: a soft form of sort-step and insert-step (2nd place, Landmark Retrieval 2021)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from landmark_retrieval.arrays import Float32s, Float64s, Floats, Int64s
from landmark_retrieval.errors import DataError
from landmark_retrieval.prediction import UNKNOWN, LabelPrediction
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.reranking.inputs import NeedName, RerankingInputs
from landmark_retrieval.reranking.labels.label_step import required_votes
from landmark_retrieval.reranking.labels.landmark_groups import LandmarkGroups, group_by_landmark
from landmark_retrieval.reranking.labels.landmarks import check_landmarks
from landmark_retrieval.reranking.step import RerankingStep
from landmark_retrieval.search.exact.scores import pair_scores
from landmark_retrieval.voting.votes import Votes

_QUERIES = 256  # scored at once, so that what is computed on the way stays small
_PAIRS = 4_096


@dataclass(frozen=True, eq=False)
class LandmarkShares:
    """`P(c|q)`: how the votes on each query are shared among landmarks.

    Attributes:
        landmark_ids: `(n, k)` int64, each landmark once in a row, `-1` pads.
        shares: `(n, k)` float64, above 0, of sum 1 in a row; 0 where padded.
    """

    landmark_ids: Int64s
    shares: Float64s

    def __getitem__(self, queries: slice) -> LandmarkShares:
        return LandmarkShares(self.landmark_ids[queries], self.shares[queries])

    def of(self, queries: Int64s, landmarks: Int64s) -> Float64s:
        """Share of each landmark in the votes on the query beside it, `(m,)` as both."""
        shares = np.zeros(len(landmarks))
        for column in range(self.shares.shape[1]):
            same = self.landmark_ids[queries, column] == landmarks
            shares += np.where(same, self.shares[queries, column], 0.0)
        return shares


def share_votes(votes: Votes, k: int) -> LandmarkShares:
    """`P(c|q) = Σ_i max(0, cos_i)·1[landmark_i = c] / Σ_i max(0, cos_i)` over the `k` nearest train images.

    Nothing is shared where no cosine is positive.

    Raises:
        DataError: there are fewer than `k` neighbours.
    """
    voting = votes.nearest(k)
    landmarks = voting.landmark_ids
    cosines = np.maximum(voting.cosines.astype(np.float64), 0.0)
    total = cosines.sum(axis=1, keepdims=True)
    same = (landmarks[:, :, None] == landmarks[:, None, :]) & (landmarks != UNKNOWN)[:, :, None]
    first = same.argmax(axis=2) == np.arange(landmarks.shape[1])
    sums = np.where(first, (same * cosines[:, None, :]).sum(axis=2), 0.0)
    shares = np.divide(sums, total, out=np.zeros_like(sums), where=total > 0)
    return LandmarkShares(np.where(shares > 0, landmarks, UNKNOWN), shares)


def score_by_landmark(
    ranking: Ranking,
    queries: Floats,
    index: Floats,
    shares: LandmarkShares,
    index_landmarks: Int64s,
    alpha: float,
    depth: int,
) -> Ranking:
    """Order images by `sim(q, x) + α·P(L_x|q)`.

    Candidates are the listed images and all index images of a landmark with a vote. The
    similarity of a listed image is its score; that of another one is its cosine, and no more than the last
    score of the list, as the list does not hold it: after an exact search that changes nothing, after another
    method it keeps both kinds on one scale. Ties: listed images in their order, then the others by row.

    Args:
        ranking: lists of any method whose scores are like cosines.
        queries: `(n_queries, dim)`, L2-normalised.
        index: `(n_index, dim)`, L2-normalised; only rows of candidates that are not listed are read.
        shares: `P(c|q)` of each query.
        index_landmarks: `(n_index,)` int64, landmark `L_x` of each index image, `-1` where there is none.
        alpha: weight of the landmark.
        depth: the lists are cut after this many images.

    Returns:
        Lists of `min(depth, n_index)` images, scored by the sum.

    Raises:
        DataError: the landmarks are not one for each query and index image, or a vector holds NaN.
    """
    check_landmarks(ranking, shares.landmark_ids[:, 0], index_landmarks)
    width = min(depth, ranking.n_index)
    positions = np.full((ranking.n_queries, width), PADDING, dtype=np.int64)
    scores = np.full((ranking.n_queries, width), -np.inf, dtype=np.float32)
    certainty = np.zeros(len(index_landmarks), dtype=np.float32)  # none: groups are ordered by row
    groups = group_by_landmark(LabelPrediction(index_landmarks, certainty), shares.landmark_ids)
    for start in range(0, ranking.n_queries, _QUERIES):
        chunk = slice(start, start + _QUERIES)
        listed, own = ranking.positions[chunk], ranking.scores[chunk]
        query, rank = np.nonzero(listed != PADDING)
        other_query, other_row = _unlisted(listed, groups, chunk)
        cosines = _cosines(queries[chunk], index, other_query, other_row)
        ends = np.where(listed == PADDING, np.inf, own).min(axis=1, initial=np.inf)
        similarity = np.append(own[query, rank], np.minimum(cosines, ends[other_query]))
        tie = np.append(rank, listed.shape[1] + other_row)
        query, row = np.append(query, other_query), np.append(listed[query, rank], other_row)
        total = similarity + alpha * shares[chunk].of(query, index_landmarks[row])
        _fill(positions[chunk], scores[chunk], query, row, total.astype(np.float32), tie)
    return Ranking(positions, scores, ranking.n_index, ranking.ids_fingerprint)


def _unlisted(listed: Int64s, groups: LandmarkGroups, chunk: slice) -> tuple[Int64s, Int64s]:
    """Pairs (query, row) of index rows that are not listed and of a landmark voted for."""
    starts, sizes = groups.starts[chunk], groups.sizes[chunk]
    query = np.repeat(np.arange(len(listed)), sizes.sum(axis=1))
    first = (np.cumsum(sizes) - sizes.ravel()).repeat(sizes.ravel())
    row = groups.rows[np.arange(len(query)) - first + starts.ravel().repeat(sizes.ravel())]
    own = np.arange(len(listed)) * np.int64(len(groups.places))
    held = np.isin(own[query] + row, (own[:, None] + listed)[listed != PADDING])
    return query[~held], row[~held]


def _cosines(queries: Floats, index: Floats, query: Int64s, row: Int64s) -> Float32s:
    """Cosine of each pair."""
    cosines = np.empty(len(query), dtype=np.float32)
    for start in range(0, len(query), _PAIRS):
        chunk = slice(start, start + _PAIRS)
        cosines[chunk] = pair_scores(queries[query[chunk]], index, row[chunk, None])[:, 0]
    if not np.isfinite(cosines).all():
        refused = row[np.isfinite(cosines).argmin()]
        raise DataError(f"index row {refused} or its query: a vector holds NaN or infinity")
    return cosines


def _fill(
    positions: Int64s, scores: Float32s, query: Int64s, row: Int64s, total: Float32s, tie: Int64s
) -> None:
    """Write each query's best rows into its list."""
    order = np.lexsort((tie, -total, query))
    query = query[order]
    place = np.arange(len(query)) - np.searchsorted(query, query)
    fits = place < positions.shape[1]
    positions[query[fits], place[fits]] = row[order][fits]
    scores[query[fits], place[fits]] = total[order][fits]


class LandmarkAware(RerankingStep):
    """Adds to each similarity how probable the image's landmark is for the query.

    Attributes:
        alpha: weight of the landmark.
        votes: training images that vote on a query.
        depth: length of the lists afterwards, images; None is the requested depth.
    """

    method: Literal["landmark_aware"] = "landmark_aware"
    alpha: float = Field(default=1.0, ge=0)
    votes: int = Field(default=3, gt=0)
    depth: int | None = Field(default=None, gt=0)

    needs: ClassVar[frozenset[NeedName]] = frozenset({"votes"})

    def apply(self, ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
        """Score again; the landmark of an index image is that of its nearest training image."""
        query_votes, index_votes = required_votes(inputs, self.votes, self.method)
        return score_by_landmark(
            self.require_ranking(ranking),
            inputs.queries.vectors,
            inputs.index.vectors,
            share_votes(query_votes, self.votes),
            index_votes.landmark_ids[:, 0],
            self.alpha,
            self.depth or inputs.depth,
        )
