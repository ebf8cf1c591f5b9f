"""Insert-step (two-stage paper §3.2): index images of the query's landmark that the search missed."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.labels.label_step import LabelStep
from landmark_retrieval.reranking.labels.landmark_groups import group_by_landmark
from landmark_retrieval.reranking.labels.landmarks import check_landmarks


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
    image carries its prediction score, then the scores are levelled (`make_non_increasing`).

    Sum and threshold are compared as float32, the type of the scores, so that decimals that are equal on
    paper are equal here: 0.3 + 0.3 reaches 0.6.

    Args:
        ranking: lists of any method.
        query_predictions: of each query.
        index_predictions: of each index image.
        threshold: smallest sum of the two scores.
        strict: whether the sum must exceed the threshold (reference code) instead of reaching it (paper).
        depth: the lists are cut after this many images, or after the whole index.

    Raises:
        DataError: the predictions are not one for each query and index image.
    """
    from landmark_retrieval.reranking.labels.landmark_list_kernels import insert_into_lists

    check_landmarks(ranking, query_predictions.landmark_ids, index_predictions.landmark_ids)
    groups = group_by_landmark(index_predictions, query_predictions.landmark_ids)
    positions, scores = insert_into_lists(
        ranking.positions,
        ranking.scores,
        min(depth, ranking.n_index),
        query_predictions.landmark_ids,
        query_predictions.scores,
        index_predictions.landmark_ids,
        groups.starts,
        groups.sizes,
        groups.rows,
        groups.scores,
        groups.places,
        np.float32(threshold),
        strict,
    )
    return Ranking(positions, scores, ranking.n_index, ranking.ids_fingerprint)


class InsertStep(LabelStep):
    """Inserts confident images of the predicted landmark.

    Attributes:
        threshold: smallest sum of the prediction scores of query and index image (τ).
        strict: exceed the threshold (reference code) instead of reaching it (paper).
        depth: length of the lists afterwards, images; None is the requested depth.
    """

    method: Literal["insert_step"] = "insert_step"
    threshold: float = 0.6
    strict: bool = False
    depth: int | None = Field(default=None, gt=0)

    def apply(self, ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
        """Insert behind the positives that lead each list."""
        return insert_by_landmark(
            self.require_ranking(ranking),
            *self.predictions(inputs),
            self.threshold,
            self.strict,
            self.depth or inputs.depth,
        )
