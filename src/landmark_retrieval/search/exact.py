"""Exact search: the same bytes for any block size, thread count, backend and order of the queries.

A float32 scan proposes more rows than wanted; the proposals are scored again pair by pair. Whatever was not
proposed scores at most the worst proposal plus the rounding error of the scan. Where the k-th best is above
that, the list is proved; elsewhere (many duplicates at the end of the list) every pair of the query is scored
alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.search.blocks import BLOCK_ROWS, check_finite
from landmark_retrieval.search.candidates import Backend, scan_index
from landmark_retrieval.search.keys import pack, unpack
from landmark_retrieval.search.rows import rows_fingerprint
from landmark_retrieval.search.scores import exhaustive_keys, pair_scores, rounding_error

_LEAST_MARGIN = 16


def search(
    queries: Embeddings | NDArray[np.floating],
    index: Embeddings | NDArray[np.floating],
    k: int,
    backend: Backend = "auto",
    rows: str | None = None,
    block_rows: int = BLOCK_ROWS,
) -> Ranking:
    """The `k` index rows with the largest inner product, for each query.

    Args:
        queries: `(n_queries, dim)` float32 or float16.
        index: `(n_index, dim)` float32 or float16; memory-mapped rows are streamed.
        k: length of the lists, clipped to `n_index`.
        backend: what proposes rows; the result does not depend on it.
        rows: fingerprint of the ranking; by default made from the image ids when both sides have them.
        block_rows: index rows held in memory at once; the result does not depend on it.

    Returns:
        Lists ordered by (score descending, row ascending); scores are float32.

    Raises:
        DataError: `k` is not positive, the dimensions differ, or a vector holds NaN or infinity.
    """
    if rows is None and isinstance(queries, Embeddings) and isinstance(index, Embeddings):
        rows = rows_fingerprint(queries.image_ids, index.image_ids)
    query_vectors = np.ascontiguousarray(_vectors(queries), dtype=np.float32)
    index_vectors = _vectors(index)
    _check(query_vectors, index_vectors, k)
    keys = _best_keys(query_vectors, index_vectors, min(k, len(index_vectors)), backend, block_rows)
    scores, positions = unpack(keys)
    return Ranking(positions, scores, len(index_vectors), rows or "")


def _vectors(source: Embeddings | NDArray[np.floating]) -> NDArray[np.floating]:
    return source.vectors if isinstance(source, Embeddings) else source


def _check(queries: NDArray[np.float32], index: NDArray[np.floating], k: int) -> None:
    if k < 1:
        raise DataError(f"search depth k: expected at least 1, found {k}")
    if queries.ndim != 2 or index.ndim != 2 or queries.shape[1] != index.shape[1]:
        raise DataError(
            f"queries and index: expected (n, dim) with one dim, found {queries.shape} and {index.shape}"
        )
    check_finite(queries, "query")


def _best_keys(
    queries: NDArray[np.float32], index: NDArray[np.floating], k: int, backend: Backend, block_rows: int
) -> NDArray[np.int64]:
    n_candidates = k + max(_LEAST_MARGIN, k // 4)
    if 2 * n_candidates >= len(index) or len(queries) == 0:
        return exhaustive_keys(queries, index, k, block_rows)
    candidates, longest = scan_index(queries, index, n_candidates, backend, block_rows)
    proposed, positions = unpack(candidates)
    keys = np.sort(pack(pair_scores(queries, index, positions), positions), axis=1)[:, :k]
    error = rounding_error(queries.shape[1]) * longest * np.linalg.norm(queries, axis=1)
    unseen = (proposed.min(axis=1) + error.astype(np.float64)).astype(np.float32)
    unproved = unseen >= unpack(keys[:, -1])[0]
    if unproved.any():
        keys[unproved] = exhaustive_keys(queries[unproved], index, k, block_rows)
    return keys
