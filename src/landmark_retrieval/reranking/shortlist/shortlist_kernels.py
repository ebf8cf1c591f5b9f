"""Loops over a shortlist, compiled; what comes out for an image does not depend on its place in the list."""

from __future__ import annotations

import numpy as np
from numba import njit

from landmark_retrieval.arrays import Float32s, Float64s, Int64s

_LANES = 32  # maxima, or sums, side by side


@njit("float32(float32[::1], int64, float32[::1])", nogil=True, cache=True)
def _reached_by(values: Float32s, k: int, maxima: Float32s) -> np.float32:
    """A number that at least `k` of the values reach: of maxima over some of them, the k-th largest."""
    maxima[:] = -np.inf
    if k > _LANES:
        return maxima[0]
    for start in range(0, len(values) - _LANES + 1, _LANES):
        part = values[start : start + _LANES]
        for lane in range(_LANES):
            maxima[lane] = part[lane] if part[lane] > maxima[lane] else maxima[lane]
    for _ in range(k - 1):
        maxima[maxima.argmax()] = -np.inf
    return maxima.max()


@njit("int64[:, ::1](float32[:, ::1], int64)", nogil=True, cache=True)
def nearest_others(cosines: Float32s, k: int) -> Int64s:
    """For each row the `k` columns with the largest cosine, the row itself left out; ties by column.

    Args:
        cosines: `(m, m)` float32, no NaN; the diagonal is overwritten.
        k: at most `m - 1`.

    Returns:
        `(m, k)` int64, best first.
    """
    m = cosines.shape[0]
    columns = np.empty((m, k), dtype=np.int64)
    if k == 0:
        return columns
    best, maxima = np.empty(k, dtype=np.float32), np.empty(_LANES, dtype=np.float32)
    likely = np.empty(m, dtype=np.int64)
    for row in range(m):
        values = cosines[row]
        values[row] = -np.inf
        enough = _reached_by(values, k, maxima)
        count = 0
        for column in range(m):
            likely[count] = column  # in any case, and kept if so: the branch could not be predicted
            count += values[column] >= enough
        best[:] = -np.inf
        for column in likely[:count]:
            if values[column] <= best[k - 1]:
                continue
            place = k - 1
            while place > 0 and values[column] > best[place - 1]:
                best[place], columns[row, place] = best[place - 1], columns[row, place - 1]
                place -= 1
            best[place], columns[row, place] = values[column], column
    return columns


@njit("float64[::1](float32[:, ::1], float64[::1])", nogil=True, cache=True)
def inner_products(vectors: Float32s, other: Float64s) -> Float64s:
    """Inner product of each of `(m, dim)` vectors with another, `(dim,)`; `(m,)` float64."""
    m, dim = vectors.shape
    whole = dim - dim % _LANES
    products, sums = np.empty(m), np.empty(_LANES)
    for row in range(m):
        sums[:] = 0
        for start in range(0, whole, _LANES):
            for lane in range(_LANES):
                sums[lane] += np.float64(vectors[row, start + lane]) * other[start + lane]
        total = sums.sum()
        for column in range(whole, dim):
            total += np.float64(vectors[row, column]) * other[column]
        products[row] = total
    return products
