"""Scores and rows packed into one integer, so that sorting integers is the tie rule."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WORST_KEY = np.iinfo(np.int64).max
_ROW_BITS = np.int64(32)
_ROW_MASK = np.int64(2**32 - 1)
_MAGNITUDE = np.int32(2**31 - 1)


def sort_keys(scores: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Keys that ascend by (score descending, row ascending), of the broadcast shape of both arguments.

    Args:
        scores: float32, no NaN.
        rows: int64 in `[0, 2**32)`.
    """
    bits = (scores + np.float32(0)).view(np.int32)  # −0 becomes 0, as the two are one score
    ascending = bits ^ ((bits >> np.int32(31)) & _MAGNITUDE)
    return (~ascending).astype(np.int64) << _ROW_BITS | rows


def split_keys(keys: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The scores and rows that were packed."""
    ascending = ~(keys >> _ROW_BITS).astype(np.int32)
    bits = ascending ^ ((ascending >> np.int32(31)) & _MAGNITUDE)
    return bits.view(np.float32), keys & _ROW_MASK


def smallest_keys(keys: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """The `k` smallest keys of each row, in no order, `(n, min(k, width))`."""
    return keys if keys.shape[1] <= k else np.partition(keys, k - 1, axis=1)[:, :k]
