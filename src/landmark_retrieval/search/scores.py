"""The score of a pair: an inner product that depends on the two vectors alone.

A float32 matrix product gives a pair slightly different values depending on block size, thread count and the
rows beside it. Here every pair is summed by itself in float64 and rounded once to float32, so equal vectors
score equally and a result is the same bytes however it was cut.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.ranking import PADDING
from landmark_retrieval.search.blocks import BLOCK_ROWS, read_blocks
from landmark_retrieval.search.keys import WORST, pack, smallest

_GATHERED_PAIRS = 1_024  # gathered pairs held at once: small enough for the processor's cache
_SCORED_PAIRS = 2**22


def pair_scores(
    queries: NDArray[np.floating], index: NDArray[np.floating], positions: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Inner products of each query with the index rows listed for it.

    Args:
        queries: `(n_queries, dim)`.
        index: `(n_index, dim)`, possibly memory-mapped.
        positions: `(n_queries, k)` int64 rows of the index, `-1` pads.

    Returns:
        `(n_queries, k)` float32, `-inf` where padded.
    """
    scores = np.full(positions.shape, -np.inf, dtype=np.float32)
    if positions.size == 0 or len(index) == 0:
        return scores
    step = max(1, _GATHERED_PAIRS // positions.shape[1])
    for start in range(0, len(positions), step):
        chunk = slice(start, start + step)
        rows = index[positions[chunk]].astype(np.float64)
        scores[chunk] = np.vecdot(rows, queries[chunk, None].astype(np.float64))
    scores[positions == PADDING] = -np.inf
    return scores


def exhaustive_keys(
    queries: NDArray[np.floating], index: NDArray[np.floating], k: int, block_rows: int = BLOCK_ROWS
) -> NDArray[np.int64]:
    """Keys of the best `k` rows of each query, every pair scored alone: slow, and right by definition.

    Args:
        queries: `(n_queries, dim)`, finite.
        index: `(n_index, dim)`, possibly memory-mapped.
        k: at most `n_index`.
        block_rows: index rows held at once.

    Returns:
        `(n_queries, k)` int64, ascending.
    """
    best = np.full((len(queries), k), WORST)
    for first, block in read_blocks(index, "index", block_rows):
        block = block.astype(np.float64)
        rows = np.arange(first, first + len(block))
        step = max(1, _SCORED_PAIRS // len(block))
        for start in range(0, len(queries), step):
            chunk = slice(start, start + step)
            scores = np.vecdot(queries[chunk, None].astype(np.float64), block).astype(np.float32)
            best[chunk] = smallest(np.hstack([best[chunk], pack(scores, rows)]), k)
    return np.sort(best, axis=1)


def rounding_error(dim: int) -> float:
    """Bound on the relative error of a float32 inner product, whatever its order of summation.

    `|computed − exact| ≤ γ·‖q‖·‖x‖` with `γ = dim·u / (1 − dim·u)`, `u = 2⁻²⁴` (Higham, Accuracy and
    Stability of Numerical Algorithms, §3.1); two more terms cover the float64 sum and the last rounding.
    """
    unit = (dim + 2) * 2.0**-24
    return unit / (1 - unit)
