"""Exact search: the same bytes for any scan, block size, thread count, backend and order of the queries.

A fast scan proposes every row that may be among the best, as far as the proven error of its products tells.
The proposals are scored again pair by pair. Where the k-th score is above all that was not proposed can
reach, the list is proved; elsewhere (many rows closer to each other than the error) a bfloat16 scan is
followed by one in float32, and at last every pair of the query is scored alone.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.ranking import Ranking
from landmark_retrieval.search.blocks import BLOCK_ROWS, check_finite
from landmark_retrieval.search.exact.candidates import settle
from landmark_retrieval.search.exact.error_bounds import Precision
from landmark_retrieval.search.exact.exact_memory import exact_search_memory, queries_at_once
from landmark_retrieval.search.exact.scan import Backend, Scan, choose_backend, choose_precisions, propose
from landmark_retrieval.search.exact.scores import exhaustive_keys
from landmark_retrieval.search.exact.topk_scan import listed_rows
from landmark_retrieval.search.identity import Vectors, check_search, fingerprint_of, vectors_of
from landmark_retrieval.search.sort_keys import split_keys

logger = logging.getLogger(__name__)


def search(
    queries: Vectors,
    index: Vectors,
    k: int,
    backend: Backend = "auto",
    ids_fingerprint: str | None = None,
    block_rows: int = BLOCK_ROWS,
    scan: Scan = "auto",
    memory_gib: float | None = None,
) -> Ranking:
    """The `k` index rows with the largest inner product, for each query.

    Args:
        queries: `(n_queries, dim)` float32 or float16; memory-mapped rows are read by blocks.
        index: `(n_index, dim)` float32 or float16; memory-mapped rows are streamed.
        k: length of the lists, clipped to `n_index`.
        backend: what proposes rows; the result does not depend on it.
        ids_fingerprint: of the ranking; by default of the image ids, if both sides have them.
        block_rows: index rows held in memory at once; the result does not depend on it.
        scan: precision of the proposing scan; the result does not depend on it.
        memory_gib: memory that may be taken; by default what is free.

    Returns:
        Lists ordered by (score descending, row ascending); scores are float32.

    Raises:
        DataError: `k` is not positive, the dimensions differ, a vector holds NaN or infinity, the backend is
            not installed, or the memory does not suffice.
    """
    asked, searched = vectors_of(queries), vectors_of(index)
    check_search(asked, searched, k)
    k = min(k, len(searched))
    exact_search_memory(len(asked), len(searched), searched.shape[1], k, block_rows).require(memory_gib)
    how = _plan(k, len(searched), backend, scan, block_rows)
    positions = np.empty((len(asked), k), dtype=np.int64)
    scores = np.empty((len(asked), k), dtype=np.float32)
    step = queries_at_once(k, len(searched))
    for start in range(0, len(asked), step):
        chunk = slice(start, start + step)
        block = np.array(asked[chunk], dtype=np.float32, order="C")
        check_finite(block, "query", start)
        scores[chunk], positions[chunk] = split_keys(_best_keys(block, searched, how))
    return Ranking(positions, scores, len(searched), fingerprint_of(queries, index, ids_fingerprint))


@dataclass(frozen=True)
class _How:
    k: int
    backend: Backend
    precisions: tuple[Precision, ...]
    block_rows: int


def _plan(k: int, n_index: int, backend: Backend, scan: Scan, block_rows: int) -> _How:
    if 2 * listed_rows(k, "float32") >= n_index:
        return _How(k, backend, (), block_rows)
    backend = choose_backend(backend, k)
    worth_it = [p for p in choose_precisions(scan, backend) if 2 * listed_rows(k, p) < n_index]
    return _How(k, backend, tuple(worth_it), block_rows)


def _best_keys(queries: NDArray[np.float32], index: NDArray[np.floating], how: _How) -> NDArray[np.int64]:
    keys = np.empty((len(queries), how.k), dtype=np.int64)
    unproved = np.arange(len(queries))
    for precision in how.precisions if len(queries) else ():
        asked = queries[unproved]
        proposals = propose(asked, index, how.k, how.backend, precision, how.block_rows)
        keys[unproved], proved = settle(asked, index, proposals, how.k)
        logger.debug("%s scan: %d of %d lists proved", precision, proved.sum(), len(proved))
        unproved = unproved[~proved]
        if len(unproved) == 0:
            break
    if len(unproved):
        keys[unproved] = exhaustive_keys(queries[unproved], index, how.k, how.block_rows)
    return keys
