"""Scores of lists that were put into another order."""

from __future__ import annotations

import numpy as np
from numba import njit, types

from landmark_retrieval.arrays import Float32s


@njit([types.void(types.float32[:])], cache=True)
def make_non_increasing(scores: Float32s) -> None:
    """Make the scores of one list non-increasing, in place, by raising what is before an increase.

    Where a score is larger than the one before it, everything before it is raised by the difference, so that
    the two are level. All other differences stay as they were, the last score keeps its value, and a list
    that does not increase is unchanged. One walk from the end of the list, summed in float64.

    Args:
        scores: `(k,)` float32 in list order, `-inf` pads the end.
    """
    lift, below, levelled = 0.0, -np.inf, -np.inf
    for column in range(len(scores) - 1, -1, -1):
        score = np.float64(scores[column])
        if below > score > -np.inf:
            lift += below - score
        # rounding of the sums may leave an increase of one unit in the last place
        levelled = max(levelled, score + lift)
        below = score
        scores[column] = levelled
