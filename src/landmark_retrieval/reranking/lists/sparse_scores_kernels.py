"""The best of many positive scores, compiled; each query is sorted by one thread."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from landmark_retrieval.arrays import Float32s, Int32s, Int64s

_QUERIES = 16  # sorted one after another in the same scratch memory


@njit(parallel=True, cache=True)
def best_reached(
    images: Int32s, scores: Float32s, listed: Int32s, n: int, width: int
) -> tuple[Int64s, Float32s]:
    """The images with the largest positive scores by (score descending, place in the list before, row).

    Arguments as of `rank_by_sparse_scores`; `listed` are the lists before, `(n_queries, depth)`.

    Returns:
        `(n_queries, width)` images, `-1` pads, and scores, `-inf` pads.
    """
    n_queries, depth = listed.shape
    positions = np.full((n_queries, width), -1, dtype=np.int64)
    values = np.full((n_queries, width), -np.inf, dtype=np.float32)
    for task in prange((n_queries + _QUERIES - 1) // _QUERIES):
        # of ties, listed images come first in their order, then the others by row
        place = np.arange(depth, depth + n)
        for query in range(task * _QUERIES, min((task + 1) * _QUERIES, n_queries)):
            for rank in range(depth):
                if listed[query, rank] >= 0:
                    place[listed[query, rank]] = rank
            row = images[query if len(images) > 1 else 0]
            keys = _smallest_keys(row, scores[query], place, width)
            for rank in range(len(keys)):
                order = keys[rank] & 0xFFFFFFFF
                positions[query, rank] = listed[query, order] if order < depth else order - depth
            bits = (~(keys >> 32)).astype(np.int32)
            values[query, : len(keys)] = bits.view(np.float32)
            for image in listed[query]:
                if image >= 0:
                    place[image] = depth + image
    return positions, values


@njit(cache=True)
def _smallest_keys(images: Int32s, scores: Float32s, place: Int64s, width: int) -> Int64s:
    """Keys that ascend by (score descending, place), as far as they are wanted.

    Positive floats ascend as their bits do. Keys are gathered until there are twice as many as wanted, then
    the worse half is dropped and sets the mark for what follows.
    """
    bits = scores.view(np.int32)
    keys = np.empty(min(2 * width, len(images)), dtype=np.int64)
    count, mark = 0, np.iinfo(np.int64).max
    for t in range(len(images)):
        if scores[t] > 0:
            key = (~np.int64(bits[t]) << 32) | place[images[t]]
            if key < mark:
                keys[count] = key
                count += 1
                if count == 2 * width:
                    keys.sort()
                    count, mark = width, keys[width - 1]
    best = keys[:count].copy()
    best.sort()
    return best[:width]
