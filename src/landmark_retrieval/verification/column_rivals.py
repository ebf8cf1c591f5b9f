"""The two largest entries of each column of a matrix, in one pass over its rows."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


# Without NaN and signed zeros every order of comparisons gives the same, so they may be vector instructions.
@njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def two_largest(
    cosines: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
    """Largest and second largest of each column, and the first row of the largest.

    Args:
        cosines: `(n, m)` float32 without NaN, C order.

    Returns:
        `(m,)` float32, `(m,)` float32 (`-inf` where there is but one row) and `(m,)` int32.
    """
    n, m = cosines.shape
    largest = np.full(m, -np.inf, np.float32)
    second = np.full(m, -np.inf, np.float32)
    rows = np.zeros(m, np.int32)
    for i in range(n):
        row = cosines[i]
        for j in range(m):
            value, top, runner_up = row[j], largest[j], second[j]
            is_larger = value > top
            lesser = top if is_larger else value
            second[j] = lesser if lesser > runner_up else runner_up
            rows[j] = i if is_larger else rows[j]
            largest[j] = value if is_larger else top
    return largest, second, rows
