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

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.search.blocks import BLOCK_ROWS, check_finite
from landmark_retrieval.search.exact_memory import exact_search_memory, queries_at_once
from landmark_retrieval.search.keys import WORST, pack, smallest, unpack
from landmark_retrieval.search.listing_scan import listed_rows
from landmark_retrieval.search.proposals import Proposals
from landmark_retrieval.search.rows import rows_fingerprint
from landmark_retrieval.search.scan import Backend, Scan, choose_backend, choose_precisions, propose
from landmark_retrieval.search.scores import exhaustive_keys, score_listed
from landmark_retrieval.search.threads import spread

_SETTLED = 256  # queries of a thread

logger = logging.getLogger(__name__)


def search(
    queries: Embeddings | NDArray[np.floating],
    index: Embeddings | NDArray[np.floating],
    k: int,
    backend: Backend = "auto",
    rows: str | None = None,
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
        rows: fingerprint of the ranking; by default made from the image ids when both sides have them.
        block_rows: index rows held in memory at once; the result does not depend on it.
        scan: precision of the proposing scan; the result does not depend on it.
        memory_gib: memory that may be taken; by default what is free.

    Returns:
        Lists ordered by (score descending, row ascending); scores are float32.

    Raises:
        DataError: `k` is not positive, the dimensions differ, a vector holds NaN or infinity, the backend is
            not installed, or the memory does not suffice.
    """
    if rows is None and isinstance(queries, Embeddings) and isinstance(index, Embeddings):
        rows = rows_fingerprint(queries.image_ids, index.image_ids)
    asked, searched = vectors_of(queries), vectors_of(index)
    check_search(asked, searched, k)
    k = min(k, len(searched))
    exact_search_memory(len(asked), len(searched), searched.shape[1], k, block_rows).require(memory_gib)
    how = _How(k, choose_backend(backend, k), scan, block_rows)
    positions = np.empty((len(asked), k), dtype=np.int64)
    scores = np.empty((len(asked), k), dtype=np.float32)
    step = queries_at_once(k, len(searched))
    for start in range(0, len(asked), step):
        chunk = slice(start, start + step)
        block = np.array(asked[chunk], dtype=np.float32, order="C")
        check_finite(block, "query", start)
        scores[chunk], positions[chunk] = unpack(_best_keys(block, searched, how))
    return Ranking(positions, scores, len(searched), rows or "")


def vectors_of(source: Embeddings | NDArray[np.floating]) -> NDArray[np.floating]:
    """The vectors alone."""
    return source.vectors if isinstance(source, Embeddings) else source


def check_search(queries: NDArray[np.floating], index: NDArray[np.floating], k: int) -> None:
    """Refuse what cannot be searched.

    Raises:
        DataError: `k` is not positive or the dimensions differ.
    """
    if k < 1:
        raise DataError(f"search depth k: expected at least 1, found {k}")
    if queries.ndim != 2 or index.ndim != 2 or queries.shape[1] != index.shape[1]:
        raise DataError(
            f"queries and index: expected (n, dim) with one dim, found {queries.shape} and {index.shape}"
        )


@dataclass(frozen=True)
class _How:
    k: int
    backend: Backend
    scan: Scan
    block_rows: int


def _best_keys(queries: NDArray[np.float32], index: NDArray[np.floating], how: _How) -> NDArray[np.int64]:
    keys = np.empty((len(queries), how.k), dtype=np.int64)
    unproved = np.arange(len(queries))
    for precision in choose_precisions(how.scan, how.backend):
        if len(unproved) == 0 or 2 * listed_rows(how.k, precision) >= len(index):
            continue
        asked = queries[unproved]
        proposals = propose(asked, index, how.k, how.backend, precision, how.block_rows)
        keys[unproved], proved = settle(asked, index, proposals, how.k)
        logger.debug("%s scan: %d of %d lists proved", precision, proved.sum(), len(proved))
        unproved = unproved[~proved]
    if len(unproved):
        keys[unproved] = exhaustive_keys(queries[unproved], index, how.k, how.block_rows)
    return keys


def settle(
    queries: NDArray[np.floating], index: NDArray[np.floating], proposals: Proposals, k: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The best `k` of the proposals by the scores of the pairs, and which lists are proved.

    Returns:
        `(n_queries, k)` int64 keys, ascending, and `(n_queries,)` bool.
    """
    keys = np.full((len(queries), k), WORST)

    def settle_part(part: slice) -> None:
        positions = proposals.positions[part]
        scores = np.full(positions.shape, -np.inf, dtype=np.float32)
        score_listed(queries[part], index, positions, scores)
        found = np.where(positions == PADDING, WORST, pack(scores, np.maximum(positions, 0)))
        keys[part] = np.sort(smallest(found, k), axis=1)

    with spread() as run:
        run(settle_part, len(queries), _SETTLED)
    worst = np.where(keys[:, -1] == WORST, -np.inf, unpack(keys[:, -1])[0])
    return keys, worst > proposals.ceilings
