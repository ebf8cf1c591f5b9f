"""Loops over the pairs of a shortlist, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit("int64[:, ::1](float32[:, ::1], int64)", nogil=True, cache=True)
def nearest_others(cosines: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """For each row the `k` columns with the largest cosine, the row itself left out; ties by column.

    Args:
        cosines: `(m, m)` float32, no NaN.
        k: at most `m - 1`.

    Returns:
        `(m, k)` int64, best first.
    """
    m = cosines.shape[0]
    columns = np.empty((m, k), dtype=np.int64)
    if k == 0:
        return columns
    best = np.empty(k, dtype=np.float32)
    for row in range(m):
        best[:] = -np.inf
        for column in range(m):
            cosine = cosines[row, column]
            if cosine <= best[k - 1] or column == row:
                continue
            place = k - 1
            while place > 0 and cosine > best[place - 1]:
                best[place], columns[row, place] = best[place - 1], columns[row, place - 1]
                place -= 1
            best[place], columns[row, place] = cosine, column
    return columns
