"""Compiled loop of the expansion; each query is one thread's alone."""

from __future__ import annotations

import numpy as np
from numba import njit, prange, types
from numpy.typing import NDArray

from landmark_retrieval.arrays import Float32s, Float64s, Int64s
from landmark_retrieval.search.exact.rounding_kernels import HALF, ROWS, widen

_POSITIONS = types.Array(types.int64, 2, "A", readonly=True)
_WEIGHTS = types.Array(types.float64, 1, "C", readonly=True)
_SIGNATURE = types.float64[::1](ROWS, ROWS, HALF, _POSITIONS, _WEIGHTS, types.float64, types.float32[:, ::1])
_REASSOCIATE = {"reassoc", "contract"}  # vectorised sums: their order is fixed when they are compiled


@njit(cache=True, fastmath=_REASSOCIATE)
def _weigh(query: Float64s, rows: Float32s, alpha: float, factors: Float64s) -> None:
    """Multiply the factor of each row by the power of its clipped cosine."""
    for c in range(len(rows)):
        cosine = 0.0
        for d in range(len(query)):
            cosine += query[d] * rows[c, d]
        factors[c] *= 0.0 if cosine <= 0 else cosine**alpha  # NaN stays NaN


@njit(cache=True, fastmath=_REASSOCIATE)
def _write_normalised(total: Float64s, row: Float32s) -> float:
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
    queries: Float32s,
    index: Float32s,
    halves: NDArray[np.uint16],
    positions: Int64s,
    weights: Float64s,
    alpha: float,
    expanded: Float32s,
) -> Float64s:
    """Write expanded queries, L2-normalised, and return the norms they had, `(n_queries,)`.

    Arguments are those of `query_expansion.expand_queries`. Of `index` and `halves`, the bits of float16, one
    is empty; `weights` are one for each column of `positions`.
    """
    n_queries, dim = queries.shape
    n = positions.shape[1]
    norms = np.empty(n_queries, dtype=np.float64)
    for i in prange(n_queries):
        rows = np.empty((n, dim), dtype=np.float32)
        factors, total = np.empty(n), np.empty(dim)
        for c in range(n):
            position = positions[i, c]
            factors[c] = weights[c] if position >= 0 else 0.0
            if position < 0:
                rows[c] = 0
            elif len(halves):
                widen(halves[position], rows[c])
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
