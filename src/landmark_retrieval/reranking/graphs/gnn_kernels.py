"""Sums over the rows of a sparse matrix, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from landmark_retrieval.arrays import Float32s, Float64s, Int32s, Int64s

_BLOCKS = 256  # of nodes that share the memory they are summed in


@njit(nogil=True, cache=True)
def _gather(node, indptr, indices, values, near, weights, total, touched):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Add the weighted rows of a node's neighbours to `total`; how many columns were touched."""
    count = 0
    for place in range(near.shape[1]):
        row, weight = near[node, place], weights[node, place]
        if weight == 0:
            continue
        for entry in range(indptr[row], indptr[row + 1]):
            column, share = indices[entry], weight * values[entry]
            if share > 0 and total[column] == 0:
                touched[count] = column
                count += 1
            total[column] += share
    return count


@njit("void(int64[::1], float32[::1])", parallel=True, cache=True)
def normalise_rows(indptr: Int64s, values: Float32s) -> None:
    """Give the compressed rows of a matrix length 1, in place; an empty row stays."""
    for row in prange(len(indptr) - 1):
        square = 0.0
        for entry in range(indptr[row], indptr[row + 1]):
            square += np.float64(values[entry]) ** 2
        if square > 0:
            for entry in range(indptr[row], indptr[row + 1]):
                values[entry] /= np.sqrt(square)


@njit(
    "float64[::1](int64[::1], int32[::1], float32[::1], int64[:, ::1], float64[:, ::1])",
    parallel=True,
    cache=True,
)
def feature_norms(
    indptr: Int64s, indices: Int32s, values: Float32s, near: Int64s, weights: Float64s
) -> Float64s:
    """Norm of `Σ_j weights[i, j] · row(near[i, j])` for each node i; arguments as of `SpreadGraph`."""
    n = len(near)
    norms = np.zeros(n)
    for block in prange(_BLOCKS):
        total = np.zeros(n)
        touched = np.empty(n, dtype=np.int64)
        for node in range(block * n // _BLOCKS, (block + 1) * n // _BLOCKS):
            count = _gather(node, indptr, indices, values, near, weights, total, touched)
            square = 0.0
            for column in touched[:count]:
                square += total[column] ** 2
                total[column] = 0
            norms[node] = np.sqrt(square)
    return norms


@njit(
    "float64[:, ::1](int64[::1], int32[::1], float32[::1], int64[:, ::1], float64[:, ::1], float64[::1],"
    " int64[::1], int64, int64)",
    parallel=True,
    cache=True,
)
def feature_cosines(
    indptr: Int64s,
    indices: Int32s,
    values: Float32s,
    near: Int64s,
    weights: Float64s,
    norms: Float64s,
    queries: Int64s,
    first_index: int,
    first_column: int,
) -> Float64s:
    """Cosines `(m, n_index)` of the last layer's features of `(m,)` queries with those of all index images.

    Features of the index are never held: `a·f_g = Σ_j w_gj (B a)_j / norm_g`, and B is symmetric. The index
    is the nodes from `first_index` on; columns before `first_column` count in the length of a feature only.
    Other arguments are as of `SpreadGraph`. A query that does not reach an image has the cosine 0.
    """
    n = len(near)
    scores = np.zeros((len(queries), n - first_index))
    for number in prange(len(queries)):
        query = queries[number]
        if norms[query] == 0:
            continue
        feature, spread = np.zeros(n), np.zeros(n)
        _gather(query, indptr, indices, values, near, weights, feature, np.empty(n, dtype=np.int64))
        for column in range(first_column, n):
            if feature[column] == 0:
                continue
            share = feature[column] / norms[query]
            for entry in range(indptr[column], indptr[column + 1]):
                spread[indices[entry]] += share * values[entry]
        for node in range(first_index, n):
            total = 0.0
            for place in range(near.shape[1]):
                total += weights[node, place] * spread[near[node, place]]
            if total > 0:
                scores[number, node - first_index] = total / norms[node]
    return scores
