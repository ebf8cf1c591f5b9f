"""Compiled selection of the largest products of queries with rows of the index.

A product is handled as the bits of its float32 or bfloat16. Read as integers they sort like the numbers where
these are positive and in reverse where negative, and the processor compares 32 of them at a time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, types

from landmark_retrieval.arrays import Float32s, Float64s, Int32s, Int64s, Ints

NO_PRODUCT = np.float32(-(2.0**127))
"""The k-th product before there is one: below any product."""

OVERFLOWED = -1
"""Count of a query with more rows within the error than there is capacity for."""

_CHUNK = 128  # products that are skipped by one test
_SPARE = 0.75  # share of the capacity that may still be used after pruning


class TopK(NamedTuple):
    """Rows that may be among the best of `n` queries, while the index is scanned.

    Attributes:
        bits: `(n, capacity)` int32, products of the rows, as bits of float32.
        rows: `(n, capacity)` int32, rows of the index.
        counts: `(n,)` int64, number of rows, or `OVERFLOWED`.
        kth: `(n,)` float32, k-th product so far, at first `NO_PRODUCT`.
        bounds: `(n,)` float64; every pruned row scores less.
        errors: `(n,)` float64, absolute part of the bound on the error of the products.
    """

    bits: Int32s
    rows: Int32s
    counts: Int64s
    kth: Float32s
    bounds: Float64s
    errors: Float64s


_CAPACITY = types.int32[:, ::1]
_TOPK = types.NamedTuple(
    (_CAPACITY, _CAPACITY, types.int64[::1], types.float32[::1], types.float64[::1], types.float64[::1]), TopK
)
_PRODUCTS = (types.int16[:, ::1], types.int32[:, ::1])


@njit(nogil=True, cache=True)
def _threshold(kth: np.float64, error: np.float64, relative: float) -> np.float32:
    """Lower bound on the product of a row that may score as much as the row with the k-th product."""
    lowest = kth - 2 * error - relative * abs(kth)
    least = lowest / (1 + relative) if lowest >= 0 else lowest / (1 - relative)
    return np.float32(least - abs(least) * 2.0**-22)


@njit(nogil=True, cache=True)
def _limit(limits: Ints, threshold: np.float32, shift: int) -> None:
    """Set `a`, `b` so that the bits of every product `>= threshold` are `>= a` or `< b`."""
    bits = np.full(1, threshold, np.float32).view(np.int32)[0]
    if threshold > 0:
        limits[0], limits[1] = bits >> shift, np.int64(-(2**31)) >> shift
    else:
        limits[0], limits[1] = 0, ((bits | np.int32(-(2**31))) >> shift) + 1


@njit(nogil=True, cache=True)
def _any(chunk: Ints, least: np.integer, above: np.integer) -> bool:
    found = False
    for j in range(chunk.size):
        found |= (chunk[j] >= least) | (chunk[j] < above)
    return found


@njit(nogil=True, cache=True)
def _hits(chunk: Ints, least: np.integer, above: np.integer, hits: Int64s) -> int:
    n = 0
    for j in range(chunk.size):
        hits[n] = j
        n += (chunk[j] >= least) | (chunk[j] < above)
    return n


@njit(nogil=True, cache=True)
def _prune_row(i: int, k: int, relative: float, top: TopK) -> None:
    n = top.counts[i]
    if n < k:
        return
    products = top.bits[i, :n].view(np.float32)
    kth = np.float64(max(top.kth[i], np.partition(products, n - k)[n - k]))
    top.kth[i] = kth
    top.bounds[i] = max(top.bounds[i], kth - top.errors[i] - relative * abs(kth))
    least = _threshold(kth, top.errors[i], relative)
    left = 0
    for j in range(n):
        if products[j] >= least:
            top.bits[i, left], top.rows[i, left] = top.bits[i, j], top.rows[i, j]
            left += 1
    top.counts[i] = left


@njit(nogil=True, cache=True)
def _collect_row(
    i: int,
    row: Ints,
    limits: Ints,
    hits: Int64s,
    shift: int,
    first_row: int,
    k: int,
    relative: float,
    top: TopK,
) -> None:
    bits, rows, n = top.bits[i], top.rows[i], top.counts[i]
    _limit(limits, _threshold(np.float64(top.kth[i]), top.errors[i], relative), shift)
    for start in range(0, row.size, _CHUNK):
        chunk = row[start : start + _CHUNK]
        if not _any(chunk, limits[0], limits[1]):
            continue
        n_hits = _hits(chunk, limits[0], limits[1], hits)
        if n + n_hits > bits.size:
            top.counts[i] = n
            _prune_row(i, k, relative, top)
            n = top.counts[i]
            if n > _SPARE * bits.size:
                top.counts[i] = OVERFLOWED
                return
            _limit(limits, _threshold(np.float64(top.kth[i]), top.errors[i], relative), shift)
        for hit in range(n_hits):
            bits[n] = np.int32(chunk[hits[hit]]) << shift
            rows[n] = first_row + start + hits[hit]
            n += 1
    top.counts[i] = n


@njit(
    [types.void(p, types.int64, types.int64, types.int64, types.float64, _TOPK) for p in _PRODUCTS],
    nogil=True,
    cache=True,
)
def collect(products: Ints, shift: int, first_row: int, k: int, relative: float, top: TopK) -> None:
    """Add, for each query, every row that may be among its best `k`.

    A row is added if its product plus the error bound reaches the k-th product so far minus the error bound.

    Args:
        products: `(n, m)` int16 or int32, bits of bfloat16 or float32.
        shift: 16 or 0, bits that bfloat16 lacks.
        first_row: index row of the first column.
        k: length of the lists.
        relative: part of the bound on the error, in proportion to a product.
        top: of the `n` queries, changed.
    """
    limits, hits = np.empty(2, products.dtype), np.empty(_CHUNK, np.int64)
    for i in range(products.shape[0]):
        if not np.isfinite(top.errors[i]):
            top.counts[i] = OVERFLOWED
        if top.counts[i] != OVERFLOWED:
            _collect_row(i, products[i], limits, hits, shift, first_row, k, relative, top)


@njit(types.void(types.int64, types.float64, _TOPK), nogil=True, cache=True)
def prune(k: int, relative: float, top: TopK) -> None:
    """Remove the rows that can no longer be among the best `k` of each query."""
    for i in range(top.counts.size):
        if top.counts[i] != OVERFLOWED:
            _prune_row(i, k, relative, top)
