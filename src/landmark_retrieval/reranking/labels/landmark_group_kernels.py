"""Compiled counting sort of index rows by landmark: one thread, as there is little to do per row."""

from __future__ import annotations

import numpy as np
from numba import njit, types

from landmark_retrieval.arrays import Int64s
from landmark_retrieval.prediction import UNKNOWN

_ROWS = types.Array(types.int64, 1, "A", readonly=True)
_NO_GROUP = -1
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2⁶⁴ / golden ratio: spreads consecutive ids


@njit(cache=True)
def _slot(landmark: int, slots: Int64s, taken: Int64s) -> int:
    """Place of the landmark in a hash table with linear probing, or the free one where it belongs."""
    spread = (np.uint64(landmark) * _GOLDEN) >> np.uint64(32)
    slot = int(spread) & (len(slots) - 1)
    while taken[slot] != _NO_GROUP and slots[slot] != landmark:
        slot = (slot + 1) & (len(slots) - 1)
    return slot


@njit([types.UniTuple(types.int64[::1], 3)(_ROWS, _ROWS)], cache=True)
def rows_by_landmark(wanted: Int64s, landmarks: Int64s) -> tuple[Int64s, Int64s, Int64s]:
    """Rows of the wanted landmarks, landmark after landmark, in a landmark ascending.

    Args:
        wanted: `(m,)` int64, in any order and number; `-1` is never a landmark.
        landmarks: `(n,)` int64, of each row.

    Returns:
        `(m,)` group of each wanted landmark, `-1` for `-1`; `(n_groups + 1,)` where in the rows each group
        begins and the last one ends; and the rows.
    """
    size = 1024
    while size < 2 * len(wanted):
        size *= 2
    slots, taken = np.empty(size, dtype=np.int64), np.full(size, _NO_GROUP)
    groups = np.full(len(wanted), _NO_GROUP)
    n_groups = 0
    for i in range(len(wanted)):
        if wanted[i] != UNKNOWN:
            slot = _slot(wanted[i], slots, taken)
            if taken[slot] == _NO_GROUP:
                slots[slot], taken[slot] = wanted[i], n_groups
                n_groups += 1
            groups[i] = taken[slot]
    of_row = np.empty(len(landmarks), dtype=np.int32)
    starts = np.zeros(n_groups + 1, dtype=np.int64)
    for row in range(len(landmarks)):
        of_row[row] = taken[_slot(landmarks[row], slots, taken)]
        if of_row[row] != _NO_GROUP:
            starts[of_row[row] + 1] += 1
    starts = np.cumsum(starts)
    free, rows = starts[:-1].copy(), np.empty(starts[-1], dtype=np.int64)
    for row in range(len(landmarks)):
        if of_row[row] != _NO_GROUP:
            rows[free[of_row[row]]] = row
            free[of_row[row]] += 1
    return groups, starts, rows


@njit([types.void(types.int64[::1], _ROWS)], cache=True)
def sort_within(keys: Int64s, starts: Int64s) -> None:
    """Sort each group of keys, in place; group `g` is `keys[starts[g] : starts[g + 1]]`."""
    for group in range(len(starts) - 1):
        if starts[group + 1] - starts[group] > 1:
            keys[starts[group] : starts[group + 1]].sort()
