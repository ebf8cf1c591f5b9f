"""Compiled inner products: one pair at a time, in float64, always in the same order.

The order is that of `reproducible_sum`, which does the same in NumPy.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from landmark_retrieval.arrays import Float32s, Float64s, Int64s
from landmark_retrieval.search.exact.reproducible_sum import LANES
from landmark_retrieval.search.exact.rounding_kernels import HALF, ROWS, widen

_POSITIONS = types.Array(types.int64, 2, "C", readonly=True)
_SCORES = types.float32[:, ::1]


@njit(nogil=True, cache=True)
def _product(query: Float64s, row: Float32s, lanes: Float64s) -> np.float32:
    lanes[:] = 0.0
    whole = query.size - query.size % LANES
    for start in range(0, whole, LANES):
        for lane in range(LANES):
            lanes[lane] += query[start + lane] * np.float64(row[start + lane])
    for lane in range(query.size - whole):
        lanes[lane] += query[whole + lane] * np.float64(row[whole + lane])
    width = LANES // 2
    while width:
        for lane in range(width):
            lanes[lane] += lanes[width + lane]
        width //= 2
    return np.float32(lanes[0])


@njit(types.void(ROWS, ROWS, _POSITIONS, _SCORES), nogil=True, cache=True)
def score_pairs(queries: Float32s, index: Float32s, positions: Int64s, scores: Float32s) -> None:
    """Fill `scores`, `(n, k)`, where positions are not padding; `index` is `(n_index, dim)` float32."""
    query, lanes = np.empty(queries.shape[1]), np.empty(LANES)
    for i in range(positions.shape[0]):
        query[:] = queries[i]
        for j in range(positions.shape[1]):
            if positions[i, j] >= 0:
                scores[i, j] = _product(query, index[positions[i, j]], lanes)


@njit(types.void(ROWS, HALF, _POSITIONS, _SCORES), nogil=True, cache=True)
def score_half_pairs(
    queries: Float32s, index: NDArray[np.uint16], positions: Int64s, scores: Float32s
) -> None:
    """As `score_pairs`; `index` is the bits of float16, `(n_index, dim)` uint16."""
    query, lanes = np.empty(queries.shape[1]), np.empty(LANES)
    row = np.empty(queries.shape[1], np.float32)
    for i in range(positions.shape[0]):
        query[:] = queries[i]
        for j in range(positions.shape[1]):
            if positions[i, j] >= 0:
                widen(index[positions[i, j]], row)
                scores[i, j] = _product(query, row, lanes)


@njit(types.void(ROWS, ROWS, _SCORES), nogil=True, cache=True)
def score_all(queries: Float32s, index: Float32s, scores: Float32s) -> None:
    """Fill `scores`, `(n, n_index)` float32, with every pair of `(n, dim)` and `(n_index, dim)` float32."""
    query, lanes = np.empty(queries.shape[1]), np.empty(LANES)
    for i in range(queries.shape[0]):
        query[:] = queries[i]
        for j in range(index.shape[0]):
            scores[i, j] = _product(query, index[j], lanes)
