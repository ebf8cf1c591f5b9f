"""Compiled sums of votes by landmark; one thread, as the work is done before others have started."""

from __future__ import annotations

import numpy as np
from numba import njit, types

from landmark_retrieval.arrays import Float64s, Int64s
from landmark_retrieval.prediction import UNKNOWN

_LANDMARKS = types.Array(types.int64, 2, "A", readonly=True)
_VOTES = types.Array(types.float64, 2, "A", readonly=True)
_SIGNATURE = types.Tuple((types.int64[::1], types.float64[::1]))(_LANDMARKS, _VOTES)


@njit([_SIGNATURE], cache=True)
def largest_sums(landmarks: Int64s, votes: Float64s) -> tuple[Int64s, Float64s]:
    """The landmark with the largest sum of votes in each row of `(n, k)`, and that sum; else `-1` and 0.

    Columns are in the order of neighbours, so that of equal sums the landmark met first has the best single
    cosine, then the lowest rank. Two landmarks never share a rank. Where the landmark is `-1`, nobody votes.
    """
    n, k = landmarks.shape
    winners = np.full(n, UNKNOWN, dtype=np.int64)
    sums = np.zeros(n, dtype=np.float64)
    for i in range(n):
        for first in range(k):
            landmark = landmarks[i, first]
            if landmark == UNKNOWN:
                continue
            total = 0.0
            for column in range(k):
                if landmarks[i, column] == landmark:
                    total += votes[i, column]
            if winners[i] == UNKNOWN or total > sums[i]:
                winners[i], sums[i] = landmark, total
    return winners, sums
