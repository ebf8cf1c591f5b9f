"""Sort keys: score and row packed into one integer whose order is (score descending, row ascending)."""

from __future__ import annotations

import numpy as np

from landmark_retrieval.arrays import Float32s, Int64s

WORST_KEY = np.iinfo(np.int64).max
_ROW_BITS = np.int64(32)
_ROW_MASK = np.int64(2**32 - 1)
_MAGNITUDE = np.int32(2**31 - 1)


def sort_keys(scores: Float32s, rows: Int64s) -> Int64s:
    """Pack scores and rows into int64 of their broadcast shape.

    Args:
        scores: float32, no NaN.
        rows: int64 in `[0, 2**32)`.
    """
    bits = (scores + np.float32(0)).view(np.int32)  # −0 becomes 0: the two are equal scores
    ascending = bits ^ ((bits >> np.int32(31)) & _MAGNITUDE)
    return (~ascending).astype(np.int64) << _ROW_BITS | rows


def split_keys(keys: Int64s) -> tuple[Float32s, Int64s]:
    """Scores and rows of sort keys."""
    ascending = ~(keys >> _ROW_BITS).astype(np.int32)
    bits = ascending ^ ((ascending >> np.int32(31)) & _MAGNITUDE)
    return bits.view(np.float32), keys & _ROW_MASK


def smallest_keys(keys: Int64s, k: int) -> Int64s:
    """The `k` smallest keys of each row, in no order, `(n, min(k, width))`."""
    return keys if keys.shape[1] <= k else np.partition(keys, k - 1, axis=1)[:, :k]
