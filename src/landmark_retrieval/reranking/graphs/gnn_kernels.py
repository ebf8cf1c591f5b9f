"""Sums over the rows of a sparse matrix, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

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
def normalise_rows(indptr: NDArray[np.int64], values: NDArray[np.float32]) -> None:
    """Give the rows of a matrix length 1, in place; an empty row stays.

    Args:
        indptr: `(n + 1,)`, compressed rows.
        values: `(n_entries,)`.
    """
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
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    values: NDArray[np.float32],
    near: NDArray[np.int64],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Norm of `Σ_j weights[i, j] · row(near[i, j])` for each node i.

    Args:
        indptr: `(n + 1,)` of the matrix, compressed rows.
        indices: `(n_entries,)` columns.
        values: `(n_entries,)`, 0 or more.
        near: `(n, k2)` rows that are added up.
        weights: `(n, k2)`, 0 or more.

    Returns:
        `(n,)` float64.
    """
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
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    values: NDArray[np.float32],
    near: NDArray[np.int64],
    weights: NDArray[np.float64],
    norms: NDArray[np.float64],
    queries: NDArray[np.int64],
    first_index: int,
    first_column: int,
) -> NDArray[np.float64]:
    """Cosines of the last layer's features of some queries with those of all index images.

    Features of the index are never held: `a·f_g = Σ_j w_gj (B a)_j / norm_g`, and B is symmetric.

    Args:
        indptr: of the matrix B, as in `feature_norms`.
        indices: as in `feature_norms`.
        values: as in `feature_norms`.
        near: as in `feature_norms`.
        weights: as in `feature_norms`.
        norms: `(n,)` of `feature_norms`.
        queries: `(m,)` nodes.
        first_index: node of the first index image; the rest follow it.
        first_column: columns before it count in the length of a feature only.

    Returns:
        `(m, n - first_index)` float64, 0 where a query does not reach an image.
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
