"""The score of a pair: an inner product that depends on the two vectors alone.

A float32 matrix product gives a pair slightly different values depending on block size, thread count and the
rows beside it. Here every pair is summed by itself in float64, in one order (`lanes`), and rounded once to
float32, so equal vectors score equally and a result is the same bytes however it was cut, with numba or
without.
"""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.parallel.map_chunks import map_chunks
from landmark_retrieval.ranking import PADDING
from landmark_retrieval.search.blocks import BLOCK_ROWS, read_blocks
from landmark_retrieval.search.exact.reproducible_sum import sum_in_lanes
from landmark_retrieval.search.sort_keys import WORST_KEY, smallest_keys, sort_keys

_THREADED_PAIRS = 16_384  # fewer are scored before threads have started
_GATHERED_PAIRS = 1_024  # held at once without numba: small enough for the processor's cache
_QUERIES = 256  # a piece of a thread
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
    if not _compiles(queries, index):
        _score_gathered(queries, index, positions, scores)
    elif positions.size < _THREADED_PAIRS:
        score_listed(queries, index, positions, scores)
    else:
        with map_chunks() as run:
            run(
                lambda part: score_listed(queries[part], index, positions[part], scores[part]),
                len(positions),
                _QUERIES,
            )
    return scores


def score_listed(
    queries: NDArray[np.floating],
    index: NDArray[np.floating],
    positions: NDArray[np.int64],
    scores: NDArray[np.float32],
) -> None:
    """Fill the scores of the rows that are listed, in this thread."""
    if not _compiles(queries, index):
        return _score_gathered(queries, index, positions, scores)
    from landmark_retrieval.search.exact.pair_kernels import score_half_pairs, score_pairs

    wide = np.ascontiguousarray(queries, dtype=np.float32)
    listed = np.ascontiguousarray(positions, dtype=np.int64)
    if index.dtype == np.float16:
        return score_half_pairs(wide, index.view(np.ndarray).view(np.uint16), listed, scores)
    return score_pairs(wide, index.view(np.ndarray), listed, scores)


def _compiles(queries: NDArray[np.floating], index: NDArray[np.floating]) -> bool:
    """Whether the compiled loops know these arrays."""
    known = {np.dtype(np.float32), np.dtype(np.float16)}
    plain = index.flags.c_contiguous and index.flags.aligned and {queries.dtype, index.dtype} <= known
    return plain and find_spec("numba") is not None


def _score_gathered(
    queries: NDArray[np.floating],
    index: NDArray[np.floating],
    positions: NDArray[np.int64],
    scores: NDArray[np.float32],
) -> None:
    step = max(1, _GATHERED_PAIRS // positions.shape[1])
    for start in range(0, len(positions), step):
        chunk = slice(start, start + step)
        rows = index[positions[chunk]].astype(np.float64)
        scores[chunk] = sum_in_lanes(rows * queries[chunk, None].astype(np.float64))
    scores[positions == PADDING] = -np.inf


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
    best = np.full((len(queries), k), WORST_KEY)
    with map_chunks() as run:
        for first, block in read_blocks(index, "index", block_rows):
            rows = np.arange(first, first + len(block))

            def extend(
                part: slice, block: NDArray[np.float32] = block, rows: NDArray[np.int64] = rows
            ) -> None:
                keys = sort_keys(_all_scores(queries[part], block), rows)
                best[part] = smallest_keys(np.hstack([best[part], keys]), k)

            run(extend, len(queries), max(1, _SCORED_PAIRS // max(k, len(block))))
    return np.sort(best, axis=1)


def _all_scores(queries: NDArray[np.floating], block: NDArray[np.float32]) -> NDArray[np.float32]:
    found = np.empty((len(queries), len(block)), dtype=np.float32)
    if _compiles(queries, block):
        from landmark_retrieval.search.exact.pair_kernels import score_all

        score_all(np.ascontiguousarray(queries, dtype=np.float32), block, found)
        return found
    for start in range(0, len(block), _GATHERED_PAIRS):
        rows = block[start : start + _GATHERED_PAIRS].astype(np.float64)
        for i, query in enumerate(queries.astype(np.float64)):
            found[i, start : start + _GATHERED_PAIRS] = sum_in_lanes(rows * query)
    return found
