"""Sums of sparse rows, compiled; each query is summed by one thread, in the order of its neighbours."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from landmark_retrieval.arrays import Float32s, Float64s, Int32s, Int64s

_QUERIES = 16  # summed one after another in the same scratch memory


@njit(parallel=True, cache=True)
def add_rows(
    positions: Int32s, values: Float32s, seeds: Int64s, weights: Float64s
) -> tuple[Int32s, Float32s]:
    """Weighted sums of sparse rows.

    Args:
        positions: `(n, m)` columns of the rows, `-1` pads.
        values: `(n, m)` at these columns.
        seeds: `(n_queries, k)` rows that are summed for each query, `-1` pads.
        weights: `(n_queries, k)`; rows of weight 0 are skipped.

    Returns:
        Columns `(n_queries, k·m)`, `-1` pads, and the sums. A column that is no row is listed, not summed.
    """
    n, m = positions.shape
    n_queries, k = seeds.shape
    columns = np.full((n_queries, k * m), -1, dtype=np.int32)
    sums = np.zeros((n_queries, k * m), dtype=np.float32)
    for task in prange((n_queries + _QUERIES - 1) // _QUERIES):
        place, total = np.full(n, -1, dtype=np.int32), np.empty(k * m)
        for query in range(task * _QUERIES, min((task + 1) * _QUERIES, n_queries)):
            count = 0
            for j in range(k):
                if seeds[query, j] >= 0 and weights[query, j] != 0:
                    row = seeds[query, j]
                    count = _add(
                        positions[row], values[row], weights[query, j], place, columns[query], total, count
                    )
            for t in range(count):
                sums[query, t] = total[t]
                if columns[query, t] < n:
                    place[columns[query, t]] = -1
    return columns, sums


@njit(cache=True)
def _add(
    positions: Int32s,
    values: Float32s,
    weight: float,
    place: Int32s,
    columns: Int32s,
    total: Float64s,
    count: int,
) -> int:
    """Add one row; `place` says where a column is summed. Returns the number of columns so far."""
    for t in range(len(positions)):
        column = positions[t]
        if column < 0:
            continue
        if column >= len(place) or place[column] < 0:
            columns[count] = column
            total[count] = 0.0
            if column < len(place):
                place[column] = count
            count += 1
        if column < len(place):
            total[place[column]] += weight * values[t]
    return count
