"""Which listed images are predicted to show the landmark of the query."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.prediction import UNKNOWN
from landmark_retrieval.ranking import PADDING


def positives(
    positions: NDArray[np.int64], query_landmarks: NDArray[np.int64], index_landmarks: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Where a list holds an image of the query's predicted landmark.

    Args:
        positions: `(n_queries, k)` int64 rows of the index, `-1` pads.
        query_landmarks: `(n_queries,)` int64; a query of landmark `-1` (unknown) has no positives.
        index_landmarks: `(n_index,)` int64.

    Returns:
        `(n_queries, k)` bool, false where padded.
    """
    if len(index_landmarks) == 0:
        return np.zeros(positions.shape, dtype=bool)
    same = index_landmarks[positions] == query_landmarks[:, None]
    return same & (positions != PADDING) & (query_landmarks != UNKNOWN)[:, None]
