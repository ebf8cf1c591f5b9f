"""Compiled loops that convert the precision of vectors."""

from __future__ import annotations

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from landmark_retrieval.arrays import Float32s, Float64s

ROWS = types.Array(types.float32, 2, "C", readonly=True)
HALF = types.Array(types.uint16, 2, "C", readonly=True)


@njit(nogil=True, cache=True)
def widen(half: NDArray[np.uint16], row: Float32s) -> None:
    """Fill `row`, `(dim,)` float32, from the bits of float16, `(dim,)` uint16; infinity becomes NaN."""
    bits = row.view(np.uint32)
    for j in range(half.size):
        b = np.uint32(half[j])
        magnitude = np.uint32((b & np.uint32(0x7FFF)) << np.uint32(13))
        bits[j] = magnitude | np.uint32((b & np.uint32(0x8000)) << np.uint32(16))
    for j in range(half.size):
        value = row[j] * np.float32(2.0**112)
        row[j] = value if abs(value) < np.float32(65_536) else np.float32(np.nan)


@njit(types.void(HALF, types.float32[:, ::1]), nogil=True, cache=True)
def widen_rows(half: NDArray[np.uint16], rows: Float32s) -> None:
    """`widen` for `(n, dim)`."""
    for i in range(half.shape[0]):
        widen(half[i], rows[i])


@njit(nogil=True, cache=True, fastmath={"reassoc"})  # for a bound alone: the order of summation is free
def _squares(row: Float32s, nearest: Float32s) -> tuple[float, float, float]:
    exact, rounded, difference = 0.0, 0.0, 0.0
    for j in range(row.size):
        x, y = np.float64(row[j]), np.float64(nearest[j])
        exact += x * x
        rounded += y * y
        difference += (x - y) * (x - y)
    return exact, rounded, difference


@njit(types.void(ROWS, types.uint16[:, ::1], types.float64[:, ::1]), nogil=True, cache=True)
def round_rows(rows: Float32s, rounded: NDArray[np.uint16], squares: Float64s) -> None:
    """Round float32 rows `(n, dim)` to the bits of bfloat16, ties to even.

    Fills `rounded`, `(n, dim)` uint16, and `squares`, `(n, 3)` float64: squared lengths of the rows, of the
    rounded rows, and of the difference.
    """
    nearest = np.empty(rows.shape[1], np.float32)
    nearest_bits = nearest.view(np.uint32)
    for i in range(rows.shape[0]):
        out, bits = rounded[i], rows[i].view(np.uint32)
        for j in range(rows.shape[1]):
            odd = np.uint32(np.uint32(bits[j] >> np.uint32(16)) & np.uint32(1))
            up = np.uint32(np.uint32(bits[j] + np.uint32(0x7FFF)) + odd)
            nearest_bits[j] = np.uint32(up & np.uint32(0xFFFF0000))
            out[j] = np.uint16(np.uint32(up >> np.uint32(16)))
        squares[i, 0], squares[i, 1], squares[i, 2] = _squares(rows[i], nearest)


@njit(types.void(ROWS, types.float64[:, ::1]), nogil=True, cache=True)
def measure_rows(rows: Float32s, squares: Float64s) -> None:
    """Squared lengths as from `round_rows`, without rounding."""
    for i in range(rows.shape[0]):
        squares[i, 0], squares[i, 1], squares[i, 2] = _squares(rows[i], rows[i])
