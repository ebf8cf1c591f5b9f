"""Exact scores of pairs: inner products that depend on the two vectors alone.

A float32 matrix product gives a pair slightly different values depending on the processor, the block size,
the number of threads and the rows beside it. Here every pair is summed on its own in float64, in a fixed
order (`reproducible_sum`), and rounded once to float32. Equal vectors score equally, and results are the same
bytes on any processor, with or without numba.
"""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np

from landmark_retrieval.arrays import Float32s, Floats, Int64s
from landmark_retrieval.parallel.map_chunks import map_chunks
from landmark_retrieval.ranking import PADDING
from landmark_retrieval.search.exact.reproducible_sum import reproducible_sum

_THREADED_PAIRS = 16_384  # fewer are scored before threads have started
_GATHERED_PAIRS = 1_024  # held at once without numba: small enough for the processor's cache
_QUERIES = 256  # of a thread


def pair_scores(queries: Floats, index: Floats, positions: Int64s) -> Float32s:
    """Inner products of each query with the index rows listed for it.

    Args:
        queries: `(n_queries, dim)`.
        index: `(n_index, dim)`, possibly memory-mapped.
        positions: `(n_queries, k)` rows of the index, `-1` pads; their scores are `-inf`.
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


def score_listed(queries: Floats, index: Floats, positions: Int64s, scores: Float32s) -> None:
    """Fill `scores` where `positions` are no padding, in the calling thread."""
    if not _compiles(queries, index):
        return _score_gathered(queries, index, positions, scores)
    from landmark_retrieval.search.exact.pair_kernels import score_half_pairs, score_pairs

    wide = np.ascontiguousarray(queries, dtype=np.float32)
    listed = np.ascontiguousarray(positions, dtype=np.int64)
    if index.dtype == np.float16:
        return score_half_pairs(wide, index.view(np.ndarray).view(np.uint16), listed, scores)
    return score_pairs(wide, index.view(np.ndarray), listed, scores)


def _compiles(queries: Floats, index: Floats) -> bool:
    """Whether the compiled loops take these arrays."""
    known = {np.dtype(np.float32), np.dtype(np.float16)}
    plain = index.flags.c_contiguous and index.flags.aligned and {queries.dtype, index.dtype} <= known
    return plain and find_spec("numba") is not None


def _score_gathered(queries: Floats, index: Floats, positions: Int64s, scores: Float32s) -> None:
    step = max(1, _GATHERED_PAIRS // positions.shape[1])
    for start in range(0, len(positions), step):
        chunk = slice(start, start + step)
        rows = index[positions[chunk]].astype(np.float64)
        scores[chunk] = reproducible_sum(rows * queries[chunk, None].astype(np.float64))
    scores[positions == PADDING] = -np.inf


def score_block(queries: Floats, block: Float32s) -> Float32s:
    """Scores of all pairs of `(n_queries, dim)` and `(n, dim)`, `(n_queries, n)`."""
    found = np.empty((len(queries), len(block)), dtype=np.float32)
    if _compiles(queries, block):
        from landmark_retrieval.search.exact.pair_kernels import score_all

        score_all(np.ascontiguousarray(queries, dtype=np.float32), block, found)
        return found
    for start in range(0, len(block), _GATHERED_PAIRS):
        rows = block[start : start + _GATHERED_PAIRS].astype(np.float64)
        for i, query in enumerate(queries.astype(np.float64)):
            found[i, start : start + _GATHERED_PAIRS] = reproducible_sum(rows * query)
    return found
