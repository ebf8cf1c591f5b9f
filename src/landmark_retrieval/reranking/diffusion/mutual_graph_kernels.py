"""Compiled loops that find out which neighbours are mutual; each row is written by one thread alone."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from landmark_retrieval.arrays import Float32s, Int32s, Ints


@njit(parallel=True, cache=True)
def other_nodes(positions: Ints, cosines: Float32s) -> tuple[Int32s, Float32s]:
    """The `k − 1` first neighbours of each node that are not itself, and their cosines; `-1` pads."""
    n, k = positions.shape
    others = np.full((n, max(k - 1, 0)), -1, dtype=np.int32)
    similarity = np.zeros((n, max(k - 1, 0)), dtype=np.float32)
    for i in prange(n):
        filled = 0
        for c in range(k):
            if positions[i, c] >= 0 and positions[i, c] != i and filled < k - 1:
                others[i, filled] = positions[i, c]
                similarity[i, filled] = cosines[i, c]
                filled += 1
    return others, similarity


@njit(parallel=True, cache=True)
def mutual_cosines(others: Int32s, cosines: Float32s) -> Float32s:
    """Cosine of each mutual pair as its lower node lists it, so that both ends agree; 0 for other pairs."""
    n, k = others.shape
    mutual = np.zeros((n, k), dtype=np.float32)
    for i in prange(n):
        for c in range(k):
            j = others[i, c]
            place = -1
            if j >= 0:
                for d in range(k):
                    if others[j, d] == i:
                        place = d
            if place >= 0:
                mutual[i, c] = cosines[i, c] if i < j else cosines[j, place]
    return mutual
