"""Sort-step (two-stage paper §3.2): images of the query's landmark move to the front."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.landmarks import positives
from landmark_retrieval.reranking.levelling import level
from landmark_retrieval.reranking.step import RerankingStep

_QUERIES = 1_024  # sorted at once, so that what is computed on the way stays small


def sort_by_landmark(
    ranking: Ranking, query_landmarks: NDArray[np.int64], index_landmarks: NDArray[np.int64]
) -> Ranking:
    """Positives first, then negatives, each in the order they had; no confidence threshold applies.

    The list of a query without a predicted landmark (`-1`) is unchanged. Scores are levelled: positives are
    lifted together, just far enough that the last of them is level with the best negative.

    Args:
        ranking: lists of any method.
        query_landmarks: `(n_queries,)` int64.
        index_landmarks: `(n_index,)` int64.
    """
    positions, scores = np.empty_like(ranking.positions), np.empty_like(ranking.scores)
    for start in range(0, ranking.n_queries, _QUERIES):
        chunk = slice(start, start + _QUERIES)
        listed = ranking.positions[chunk]
        negative = ~positives(listed, query_landmarks[chunk], index_landmarks)
        order = np.argsort(negative, axis=1, kind="stable")
        positions[chunk] = np.take_along_axis(listed, order, axis=1)
        scores[chunk] = level(np.take_along_axis(ranking.scores[chunk], order, axis=1))
    return Ranking(positions, scores, ranking.n_index, ranking.rows)


class SortStep(RerankingStep):
    """Sorts by the predicted landmark; has no parameter."""

    method: Literal["sort_step"] = "sort_step"

    def apply(self, ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
        """Move the positives to the front."""
        return sort_by_landmark(
            self.required(ranking),
            inputs.query_predictions.landmark_ids,
            inputs.index_predictions.landmark_ids,
        )
