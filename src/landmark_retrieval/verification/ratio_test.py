"""Ratio test kernels: largest and second largest cosine of each descriptor, from a matrix of products.

The cosine of row `i` and column `j` is `(product[i, j] + (row_shift[i] + column_shift[j])) · (row_scale[i] ·
column_scale[j])` in float32: what belongs to both sides is joined first, so that the transposed product gives
the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Side = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Shift and scale of each row, or of each column."""


# Without NaN and signed zeros every order of comparisons gives the same, so they may be vector instructions.
@njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def two_largest(
    product: NDArray[Any], rows: Side, columns: Side
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
    """Largest and second largest cosine of each column, and the first row of the largest.

    Args:
        product: `(n, m)` int32 below 2²⁴ or float32 without NaN, C order.
        rows: `(n,)` each.
        columns: `(m,)` each.

    Returns:
        `(m,)` float32, `(m,)` float32 (`-inf` where there is but one row) and `(m,)` int32.
    """
    n, m = product.shape
    largest = np.full(m, -np.inf, np.float32)
    second = np.full(m, -np.inf, np.float32)
    first_row = np.zeros(m, np.int32)
    column_shift, column_scale = columns
    for i in range(n):
        row, shift, scale = product[i], rows[0][i], rows[1][i]
        for j in range(m):
            value = (np.float32(row[j]) + (shift + column_shift[j])) * (scale * column_scale[j])
            top, runner_up = largest[j], second[j]
            is_larger = value > top
            lesser = top if is_larger else value
            second[j] = lesser if lesser > runner_up else runner_up
            first_row[j] = i if is_larger else first_row[j]
            largest[j] = value if is_larger else top
    return largest, second, first_row


@njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def largest_excluding(
    product: NDArray[Any], rows: Side, columns: Side, at: NDArray[np.int64], left_out: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Largest cosine of some rows before and behind one column of each, `-inf` where there is none.

    Args:
        product: as for `two_largest`, and so are the sides.
        rows: side of the rows.
        columns: side of the columns.
        at: `(k,)` rows.
        left_out: `(k,)` the column of each.
    """
    before, behind = np.empty(len(at), np.float32), np.empty(len(at), np.float32)
    cosines = np.empty(product.shape[1], np.float32)
    column_shift, column_scale = columns
    for index in range(len(at)):
        row, shift, scale = product[at[index]], rows[0][at[index]], rows[1][at[index]]
        for j in range(len(cosines)):
            cosines[j] = (np.float32(row[j]) + (shift + column_shift[j])) * (scale * column_scale[j])
        before[index] = _fold(cosines[: left_out[index]])
        behind[index] = _fold(cosines[left_out[index] + 1 :])
    return before, behind


@njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def _fold(values: NDArray[np.float32]) -> np.float32:
    """The largest, `-inf` of none; halves are compared, many numbers at once. The values are lost."""
    n = len(values)
    if n == 0:
        return np.float32(-np.inf)
    while n > 1:
        half = (n + 1) // 2
        front, back = values[: n - half], values[half:n]
        for j in range(n - half):
            front[j] = front[j] if front[j] > back[j] else back[j]
        n = half
    return values[0]
