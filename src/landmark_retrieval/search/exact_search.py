"""Exact nearest-neighbour search: the same bytes for any scan, block size, thread count, backend and order.

1. A fast scan in bfloat16 or float32 selects candidates: every row that may be among the best `k`, given the
   proven error of its products (`exact.error_bounds`).
2. Candidates are rescored pair by pair, in float64 and in a fixed order of summation (`exact.scores`).
3. A list is proved if its k-th score exceeds the bound on every row that was left out. If it is not (many
   rows closer to each other than the error), a bfloat16 scan is repeated in float32, and if that does not
   suffice, every pair of the query is scored.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Literal

import numpy as np

from landmark_retrieval.arrays import Float32s, Floats, Int64s
from landmark_retrieval.errors import DataError
from landmark_retrieval.parallel.map_chunks import thread_count
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.search.blocks import BLOCK_ROWS, check_finite
from landmark_retrieval.search.exact import hardware
from landmark_retrieval.search.exact.candidates import Candidates, exhaustive_keys, rescore_candidates
from landmark_retrieval.search.exact.error_bounds import Precision
from landmark_retrieval.search.exact.tiled_scan import capacity, tiled_candidates
from landmark_retrieval.search.exact.topk_scan import FAISS_GPU_DEPTH, oversampled_k, topk_candidates
from landmark_retrieval.search.identity import Vectors, check_search, fingerprint_of, vectors_of
from landmark_retrieval.search.memory import Estimate
from landmark_retrieval.search.sort_keys import split_keys

logger = logging.getLogger(__name__)

Backend = Literal["auto", "tiled", "faiss", "torch"]
"""`tiled`: torch multiplies and numba selects, on the processor; `faiss`, `torch`: on GPUs if any."""

Scan = Literal["auto", "float32", "bfloat16"]
"""Precision of the vectors that are scanned."""

_PACKAGES = {"tiled": "numba", "faiss": "faiss", "torch": "torch"}
_BYTES_AT_ONCE = 2**28  # for the candidates of the queries that are searched together
_BYTES_OF_A_THREAD = 2**26
_REMEDIES = {
    "lists": "search fewer queries at once, or a smaller k",
    "block": "a smaller block_rows",
    "candidates": "a smaller k",
    "threads": "fewer threads (NUMBA_NUM_THREADS)",
}


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
        backend: selects candidates; the result does not depend on it.
        ids_fingerprint: of the ranking; by default of the image ids, if both sides have them.
        block_rows: index rows held in memory at once; the result does not depend on it.
        scan: precision of the scan; the result does not depend on it.
        memory_gib: memory that may be taken; by default what is free.

    Returns:
        Lists ordered by (score descending, row ascending); scores are float32.

    Raises:
        DataError: `k` is not positive, the dimensions differ, a vector holds NaN or infinity, the backend is
            not installed, or the memory does not suffice.
    """
    query_vectors, index_vectors = vectors_of(queries), vectors_of(index)
    check_search(query_vectors, index_vectors, k)
    n_queries, (n_index, dim) = len(query_vectors), index_vectors.shape
    k = min(k, n_index)
    exact_search_memory(n_queries, n_index, dim, k, block_rows).require(memory_gib)
    plan = _plan(k, n_index, backend, scan, block_rows)
    positions = np.empty((n_queries, k), dtype=np.int64)
    scores = np.empty((n_queries, k), dtype=np.float32)
    step = queries_at_once(k, n_index)
    for start in range(0, n_queries, step):
        chunk = slice(start, start + step)
        block = np.array(query_vectors[chunk], dtype=np.float32, order="C")
        check_finite(block, "query", start)
        scores[chunk], positions[chunk] = split_keys(_best_keys(block, index_vectors, plan))
    return Ranking(positions, scores, n_index, fingerprint_of(queries, index, ids_fingerprint))


@dataclass(frozen=True)
class _Plan:
    k: int
    backend: Backend
    precisions: tuple[Precision, ...]
    block_rows: int


def _best_keys(queries: Float32s, index: Floats, plan: _Plan) -> Int64s:
    """Sort keys of the best `k` rows of each query, `(n_queries, k)`, ascending."""
    keys = np.empty((len(queries), plan.k), dtype=np.int64)
    unproved = np.arange(len(queries))
    for precision in plan.precisions:
        candidates = _find_candidates(queries[unproved], index, plan, precision)
        keys[unproved], proved = rescore_candidates(queries[unproved], index, candidates, plan.k)
        logger.debug("%s scan: %d of %d lists proved", precision, proved.sum(), len(proved))
        unproved = unproved[~proved]
        if len(unproved) == 0:
            return keys
    keys[unproved] = exhaustive_keys(queries[unproved], index, plan.k, plan.block_rows)
    return keys


def _find_candidates(queries: Float32s, index: Floats, plan: _Plan, precision: Precision) -> Candidates:
    if plan.backend == "tiled":
        return tiled_candidates(queries, index, plan.k, precision, plan.block_rows)
    engine: Literal["faiss", "torch"] = "faiss" if plan.backend == "faiss" else "torch"
    return topk_candidates(queries, index, plan.k, precision, engine, plan.block_rows)


def _plan(k: int, n_index: int, backend: Backend, scan: Scan, block_rows: int) -> _Plan:
    """Which scans select candidates: those that leave out most of the index."""
    if 2 * oversampled_k(k, "float32") >= n_index:
        return _Plan(k, backend, (), block_rows)
    backend = choose_backend(backend, scan, k)
    worth_it = [p for p in choose_precisions(scan, backend) if 2 * oversampled_k(k, p) < n_index]
    return _Plan(k, backend, tuple(worth_it), block_rows)


def choose_backend(backend: Backend, scan: Scan, k: int) -> Backend:
    """The backend, or the fastest on this machine for `auto`.

    The tiled scan is the fastest where the processor multiplies bfloat16; in float32 FAISS is faster.

    Raises:
        DataError: the backend is not installed.
    """
    if backend != "auto":
        if not hardware.is_installed(package := _PACKAGES[backend]):
            raise DataError(f"search backend {backend}: expected the package {package}, found none")
        return backend
    if hardware.has_cuda():
        fits = scan != "bfloat16" and oversampled_k(k, "float32") <= FAISS_GPU_DEPTH
        return "faiss" if fits and hardware.has_faiss_gpus() else "torch"
    order: tuple[Backend, ...] = ("faiss", "tiled", "torch")
    if scan == "bfloat16":
        order = ("tiled", "torch")
    elif scan == "auto" and hardware.has_bfloat16_units():
        order = ("tiled", "faiss", "torch")
    return next(name for name in order if hardware.is_installed(_PACKAGES[name]))


def choose_precisions(scan: Scan, backend: Backend) -> tuple[Precision, ...]:
    """The scans to try one after the other, each for the queries whose lists the one before did not prove.

    Raises:
        DataError: bfloat16 was requested from FAISS.
    """
    if scan == "bfloat16" and backend == "faiss":
        raise DataError(
            "search: FAISS scans in float32, not in bfloat16; expected the backend tiled or torch"
        )
    if scan == "auto":
        scan = "bfloat16" if backend == "tiled" and hardware.has_bfloat16_units() else "float32"
    return ("bfloat16", "float32") if scan == "bfloat16" else ("float32",)


def queries_at_once(k: int, n_index: int) -> int:
    """Queries for which the index is streamed once."""
    return int(min(max(_BYTES_AT_ONCE // _candidate_bytes(k, n_index), 16), 65_536))


def exact_search_memory(n_queries: int, n_index: int, dim: int, k: int, block_rows: int) -> Estimate:
    """Bytes of `search`, its result included, the vectors that are given to it not."""
    at_once = min(queries_at_once(k, n_index), n_queries)
    parts = {
        "lists": n_queries * k * (8 + 4 + 8 + 4),  # positions, scores; a sorted copy and flags while checked
        "block": min(block_rows, n_index) * (dim * (4 + 2) + 24),
        "candidates": at_once * (_candidate_bytes(k, n_index) + dim * (4 + 4)),
        "threads": thread_count() * _BYTES_OF_A_THREAD,
    }
    return Estimate(f"exact search of {n_queries} queries in {n_index} rows, k {k}", parts, _REMEDIES)


def _candidate_bytes(k: int, n_index: int) -> int:
    """Bytes of one query: candidates and keys of the tiled scan, or the lists that FAISS joins by blocks."""
    tiled = capacity(k, n_index) * (4 + 4 + 8) + k * (8 + 8 + 8) + 48
    return max(tiled, 84 * min(oversampled_k(k, "float32"), n_index))
