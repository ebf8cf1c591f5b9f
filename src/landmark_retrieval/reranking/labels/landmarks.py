"""Landmarks beside the lists that they describe."""

from __future__ import annotations

from landmark_retrieval.arrays import Int64s
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking


def check_landmarks(ranking: Ranking, query_landmarks: Int64s, index_landmarks: Int64s) -> None:
    """Raise unless there is one landmark for each query and each index image of the ranking.

    Raises:
        DataError: there are more or fewer.
    """
    expected = (ranking.n_queries,), (ranking.n_index,)
    found = query_landmarks.shape, index_landmarks.shape
    if expected != found:
        raise DataError(
            f"landmarks of queries and index images: expected {expected[0]} and {expected[1]}, "
            f"found {found[0]} and {found[1]}"
        )
