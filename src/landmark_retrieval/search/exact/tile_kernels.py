"""Compiled loops over the products of some queries with some rows of the index.

A product is handled as the bits of its float32 or bfloat16: as integers they sort like the numbers where
these are positive and the other way round where negative, and integers are compared 32 at a time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

NONE = np.float32(-(2.0**127))
"""The k-th product before there is one: below any product."""

DEAD = -1
"""Count of a query with more rows within the error than there is room for."""

_CHUNK = 128  # products that are passed over by one test
_SPARE = 0.75  # share of the room that may still be taken after throwing out


class Kept(NamedTuple):
    """What is kept for `n` queries while the index is scanned.

    Attributes:
        bits: `(n, room)` int32, products of the rows kept, as bits of float32.
        rows: `(n, room)` int32, rows kept.
        counts: `(n,)` int64, how many are kept, or `DEAD`.
        best: `(n,)` float32, k-th product so far, at first `NONE`.
        floors: `(n,)` float64; a row that was thrown out scores less.
        errors: `(n,)` float64, bound on the error of the products, beside the part in proportion to them.
    """

    bits: NDArray[np.int32]
    rows: NDArray[np.int32]
    counts: NDArray[np.int64]
    best: NDArray[np.float32]
    floors: NDArray[np.float64]
    errors: NDArray[np.float64]


_ROOM = types.int32[:, ::1]
_KEPT = types.NamedTuple(
    (_ROOM, _ROOM, types.int64[::1], types.float32[::1], types.float64[::1], types.float64[::1]), Kept
)
_PRODUCTS = (types.int16[:, ::1], types.int32[:, ::1])


@njit(nogil=True, cache=True)
def _threshold(best: np.float64, error: np.float64, relative: float) -> np.float32:
    """The smallest product that may score as much as the k-th product, or a little less than that."""
    lowest = best - 2 * error - relative * abs(best)
    least = lowest / (1 + relative) if lowest >= 0 else lowest / (1 - relative)
    return np.float32(least - abs(least) * 2.0**-22)


@njit(nogil=True, cache=True)
def _limit(limits: NDArray[np.integer], threshold: np.float32, shift: int) -> None:
    """Set `a`, `b` so that a product reaches the threshold, or nearly, where its bits are `>= a` or `< b`."""
    bits = np.full(1, threshold, np.float32).view(np.int32)[0]
    if threshold > 0:
        limits[0], limits[1] = bits >> shift, np.int64(-(2**31)) >> shift
    else:
        limits[0], limits[1] = 0, ((bits | np.int32(-(2**31))) >> shift) + 1


@njit(nogil=True, cache=True)
def _any(chunk: NDArray[np.integer], least: np.integer, above: np.integer) -> bool:
    found = False
    for j in range(chunk.size):
        found |= (chunk[j] >= least) | (chunk[j] < above)
    return found


@njit(nogil=True, cache=True)
def _hits(chunk: NDArray[np.integer], least: np.integer, above: np.integer, hits: NDArray[np.int64]) -> int:
    n = 0
    for j in range(chunk.size):
        hits[n] = j
        n += (chunk[j] >= least) | (chunk[j] < above)
    return n


@njit(nogil=True, cache=True)
def _throw_out(i: int, k: int, relative: float, kept: Kept) -> None:
    n = kept.counts[i]
    if n < k:
        return
    products = kept.bits[i, :n].view(np.float32)
    best = np.float64(max(kept.best[i], np.partition(products, n - k)[n - k]))
    kept.best[i] = best
    kept.floors[i] = max(kept.floors[i], best - kept.errors[i] - relative * abs(best))
    least = _threshold(best, kept.errors[i], relative)
    left = 0
    for j in range(n):
        if products[j] >= least:
            kept.bits[i, left], kept.rows[i, left] = kept.bits[i, j], kept.rows[i, j]
            left += 1
    kept.counts[i] = left


@njit(nogil=True, cache=True)
def _collect_row(
    i: int,
    row: NDArray[np.integer],
    limits: NDArray[np.integer],
    hits: NDArray[np.int64],
    shift: int,
    first_row: int,
    k: int,
    relative: float,
    kept: Kept,
) -> None:
    bits, rows, n = kept.bits[i], kept.rows[i], kept.counts[i]
    _limit(limits, _threshold(np.float64(kept.best[i]), kept.errors[i], relative), shift)
    for start in range(0, row.size, _CHUNK):
        chunk = row[start : start + _CHUNK]
        if not _any(chunk, limits[0], limits[1]):
            continue
        n_hits = _hits(chunk, limits[0], limits[1], hits)
        if n + n_hits > bits.size:
            kept.counts[i] = n
            _throw_out(i, k, relative, kept)
            n = kept.counts[i]
            if n > _SPARE * bits.size:
                kept.counts[i] = DEAD
                return
            _limit(limits, _threshold(np.float64(kept.best[i]), kept.errors[i], relative), shift)
        for hit in range(n_hits):
            bits[n] = np.int32(chunk[hits[hit]]) << shift
            rows[n] = first_row + start + hits[hit]
            n += 1
    kept.counts[i] = n


@njit(
    [types.void(p, types.int64, types.int64, types.int64, types.float64, _KEPT) for p in _PRODUCTS],
    nogil=True,
    cache=True,
)
def collect(
    products: NDArray[np.integer], shift: int, first_row: int, k: int, relative: float, kept: Kept
) -> None:
    """Keep, for each query, every row that may be among its best `k`.

    A row stays if its product, as high as the error allows, reaches the k-th product so far, as low as that.

    Args:
        products: `(n, m)` int16 or int32, bits of bfloat16 or float32.
        shift: 16 or 0, bits that bfloat16 lacks.
        first_row: index row of the first column.
        k: length of the lists.
        relative: bound on the error in proportion to a product.
        kept: of the `n` queries, changed.
    """
    limits, hits = np.empty(2, products.dtype), np.empty(_CHUNK, np.int64)
    for i in range(products.shape[0]):
        if not np.isfinite(kept.errors[i]):
            kept.counts[i] = DEAD
        if kept.counts[i] != DEAD:
            _collect_row(i, products[i], limits, hits, shift, first_row, k, relative, kept)


@njit(types.void(types.int64, types.float64, _KEPT), nogil=True, cache=True)
def throw_out(k: int, relative: float, kept: Kept) -> None:
    """Of the rows kept for each query, leave those that may still be among its best `k`."""
    for i in range(kept.counts.size):
        if kept.counts[i] != DEAD:
            _throw_out(i, k, relative, kept)
