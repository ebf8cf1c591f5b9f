"""Insert-step (two-stage paper §3.2): index images of the query's landmark that the search missed."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.landmark_groups import LandmarkGroups, group_by_landmark
from landmark_retrieval.reranking.landmarks import positives
from landmark_retrieval.reranking.levelling import level
from landmark_retrieval.reranking.step import RerankingStep

_QUERIES = 1_024  # filled at once, so that what is computed on the way stays small


def insert_by_landmark(
    ranking: Ranking,
    query_predictions: LabelPrediction,
    index_predictions: LabelPrediction,
    threshold: float,
    strict: bool,
    depth: int,
) -> Ranking:
    """Insert confident index images of the query's landmark between positives and negatives.

    Candidates are the index images of the query's landmark that are not in the list and for which the sum of
    both prediction scores reaches the threshold, by (score descending, row ascending). They go in front of
    the first negative, that is behind the positives that lead the list: all positives after a sort-step; on a
    list that was not sorted, later positives stay behind the negatives they stood behind. The list of a query
    without a predicted landmark (`-1`), or whose landmark no index image has, keeps its order. An inserted
    image carries its prediction score, then the scores are levelled (`level`).

    Args:
        ranking: lists of any method.
        query_predictions: `(n_queries,)` landmarks and scores.
        index_predictions: `(n_index,)` landmarks and scores.
        threshold: smallest sum of the two scores, compared in float64.
        strict: whether the sum must exceed the threshold (reference code) instead of reaching it (paper).
        depth: the lists are cut after this many images.

    Returns:
        Lists of `min(depth, n_index)` images.
    """
    width = min(depth, ranking.n_index)
    positions = np.empty((ranking.n_queries, width), dtype=np.int64)
    scores = np.empty((ranking.n_queries, width), dtype=np.float32)
    groups = group_by_landmark(index_predictions, query_predictions.landmark_ids)
    for start in range(0, ranking.n_queries, _QUERIES):
        chunk = slice(start, start + _QUERIES)
        landmarks, listed = query_predictions.landmark_ids[chunk], ranking.positions[chunk]
        positive = positives(listed, landmarks, index_predictions.landmark_ids)
        query, row = _unlisted(listed, positive, groups, landmarks, width)
        sums = query_predictions.scores[chunk][query].astype(np.float64) + index_predictions.scores[row]
        confident = sums > threshold if strict else sums >= threshold
        query, row = query[confident], row[confident]
        lead = np.logical_and.accumulate(positive, axis=1).sum(axis=1)
        positions[chunk] = _insert(listed, lead, query, row, width, PADDING)
        raw = _insert(ranking.scores[chunk], lead, query, index_predictions.scores[row], width, -np.inf)
        scores[chunk] = level(raw)
    return Ranking(positions, scores, ranking.n_index, ranking.rows)


def _unlisted(
    listed: NDArray[np.int64],
    positive: NDArray[np.bool_],
    groups: LandmarkGroups,
    landmarks: NDArray[np.int64],
    width: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs (query, row) of unlisted index rows of the query's landmark: enough to fill the lists."""
    starts, sizes = groups.find(landmarks)
    # of so many, no more than the positives are listed, which leaves enough to fill a list
    windows = np.minimum(sizes, width + positive.sum(axis=1))
    offsets = np.cumsum(windows) - windows
    query = np.repeat(np.arange(len(windows)), windows)
    row = groups.rows[np.arange(len(query)) + np.repeat(starts - offsets, windows)]
    at_query, at_column = np.nonzero(positive)
    place = groups.places[listed[at_query, at_column]]
    inside = place < windows[at_query]
    free = np.ones(len(query), dtype=bool)
    free[(offsets[at_query] + place)[inside]] = False
    return query[free], row[free]


def _insert(
    listed: NDArray[Any],
    lead: NDArray[np.int64],
    query: NDArray[np.int64],
    values: NDArray[Any],
    width: int,
    padding: float,
) -> NDArray[Any]:
    """Lists with `values` inserted behind the first `lead` entries of their query, `(n_queries, width)`."""
    missing = max(width - listed.shape[1], 0)
    listed = np.pad(listed, ((0, 0), (0, missing)), constant_values=padding)
    counts = np.bincount(query, minlength=len(listed))
    column = np.arange(width)
    source = np.where(column < lead[:, None], column, np.maximum(column - counts[:, None], 0))
    merged = np.take_along_axis(listed, source, axis=1)
    number = np.arange(len(query)) - np.repeat(np.cumsum(counts) - counts, counts)
    target = lead[query] + number
    fits = target < width
    merged[query[fits], target[fits]] = values[fits]
    return merged


class InsertStep(RerankingStep):
    """Inserts confident images of the predicted landmark.

    Attributes:
        threshold: smallest sum of the prediction scores of query and index image (τ).
        strict: exceed the threshold (reference code) instead of reaching it (paper).
        depth: length of the lists afterwards, images; None is the depth asked for.
    """

    method: Literal["insert_step"] = "insert_step"
    threshold: float = 0.6
    strict: bool = False
    depth: int | None = Field(default=None, gt=0)

    def apply(self, ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
        """Insert behind the positives that lead each list."""
        return insert_by_landmark(
            self.required(ranking),
            inputs.query_predictions,
            inputs.index_predictions,
            self.threshold,
            self.strict,
            self.depth or inputs.depth,
        )
