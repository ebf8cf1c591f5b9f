"""Sort-step (two-stage paper §3.2): images of the query's landmark move to the front."""

from __future__ import annotations

from typing import Literal

from landmark_retrieval.arrays import Int64s
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.labels.label_step import LabelStep
from landmark_retrieval.reranking.labels.landmarks import check_landmarks


def sort_by_landmark(ranking: Ranking, query_landmarks: Int64s, index_landmarks: Int64s) -> Ranking:
    """Positives first, then negatives, each in the order they had; no confidence threshold applies.

    The list of a query without a predicted landmark (`-1`) is unchanged. Scores are levelled: positives are
    lifted together, just far enough that the last of them is level with the best negative.

    Raises:
        DataError: the landmarks are not one for each query and index image.
    """
    from landmark_retrieval.reranking.labels.landmark_list_kernels import sort_lists

    check_landmarks(ranking, query_landmarks, index_landmarks)
    if ranking.n_index == 0:
        return ranking
    positions, scores = sort_lists(ranking.positions, ranking.scores, query_landmarks, index_landmarks)
    return Ranking(positions, scores, ranking.n_index, ranking.ids_fingerprint)


class SortStep(LabelStep):
    """Sorts by the predicted landmark."""

    method: Literal["sort_step"] = "sort_step"

    def apply(self, ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
        """Move the positives to the front."""
        queries, index = self.predictions(inputs)
        return sort_by_landmark(self.require_ranking(ranking), queries.landmark_ids, index.landmark_ids)
