"""Compiled loop of the expansion; each query is one thread's alone."""

from __future__ import annotations

import numpy as np
from numba import njit, prange, types
from numpy.typing import NDArray

_QUERIES = types.Array(types.float32, 2, "C", readonly=True)
_INDEX = types.Array(types.float32, 2, "C", readonly=True)
_HALVES = types.Array(types.uint16, 2, "C", readonly=True)
_POSITIONS = types.Array(types.int64, 2, "A", readonly=True)
_WEIGHTS = types.Array(types.float64, 1, "C", readonly=True)
_SIGNATURE = types.float64[::1](
    _QUERIES, _INDEX, _HALVES, _POSITIONS, _WEIGHTS, types.float64, types.float32[:, ::1]
)
_REASSOCIATE = {"reassoc", "contract"}  # vectorised sums: their order is fixed when they are compiled


@njit(cache=True)
def _decode(halves: NDArray[np.uint16], bits: NDArray[np.uint32]) -> None:
    """Bits of float16 numbers to bits of the same float32 numbers."""
    values = bits.view(np.float32)
    for d in range(len(halves)):
        half = np.uint32(halves[d])
        shifted = (half & np.uint32(0x7FFF)) << np.uint32(13) | (half & np.uint32(0x8000)) << np.uint32(16)
        special = (half & np.uint32(0x7C00)) == np.uint32(0x7C00)  # infinity and NaN
        bits[d] = shifted | np.uint32(0x7F800000) if special else shifted
    for d in range(len(halves)):
        values[d] *= np.float32(2.0**112)  # the exponents of the two formats are biased by 15 and 127


@njit(cache=True, fastmath=_REASSOCIATE)
def _weigh(
    query: NDArray[np.float64], rows: NDArray[np.float32], alpha: float, factors: NDArray[np.float64]
) -> None:
    """Multiply the factor of each row by the power of its clipped cosine."""
    for c in range(len(rows)):
        cosine = 0.0
        for d in range(len(query)):
            cosine += query[d] * rows[c, d]
        factors[c] *= 0.0 if cosine <= 0 else cosine**alpha  # NaN stays NaN


@njit(cache=True, fastmath=_REASSOCIATE)
def _write_normalised(total: NDArray[np.float64], row: NDArray[np.float32]) -> float:
    square = 0.0
    for d in range(len(total)):
        square += total[d] * total[d]
    norm = np.sqrt(square)
    scale = 1 / max(norm, 1e-12)
    for d in range(len(total)):
        row[d] = total[d] * scale
    return norm


@njit([_SIGNATURE], parallel=True, cache=True, fastmath=_REASSOCIATE)
def expand_rows(
    queries: NDArray[np.float32],
    index: NDArray[np.float32],
    halves: NDArray[np.uint16],
    positions: NDArray[np.int64],
    weights: NDArray[np.float64],
    alpha: float,
    expanded: NDArray[np.float32],
) -> NDArray[np.float64]:
    """Write expanded queries, L2-normalised, and return the norms they had, `(n_queries,)` float64.

    Args:
        queries: `(n_queries, dim)` float32.
        index: `(n_index, dim)` float32, or empty where `halves` is given.
        halves: `(n_index, dim)` bits of float16, or empty where `index` is given.
        positions: `(n_queries, n)` int64 within the index, `-1` pads.
        weights: `(n,)` float64, one for each column.
        alpha: power of the clipped cosine.
        expanded: `(n_queries, dim)` float32, written.
    """
    n_queries, dim = queries.shape
    n = positions.shape[1]
    norms = np.empty(n_queries, dtype=np.float64)
    for i in prange(n_queries):
        bits = np.empty((n, dim), dtype=np.uint32)
        rows = bits.view(np.float32)
        factors, total = np.empty(n), np.empty(dim)
        for c in range(n):
            position = positions[i, c]
            factors[c] = weights[c] if position >= 0 else 0.0
            if position < 0:
                bits[c] = 0
            elif len(halves):
                _decode(halves[position], bits[c])
            else:
                for d in range(dim):
                    rows[c, d] = index[position, d]
        total[:] = queries[i]
        if alpha != 0:
            _weigh(total, rows, alpha, factors)
        for c in range(n):
            for d in range(dim):
                total[d] += factors[c] * rows[c, d]
        norms[i] = _write_normalised(total, expanded[i])
    return norms
