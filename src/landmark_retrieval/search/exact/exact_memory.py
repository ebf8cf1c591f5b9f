"""What an exact search takes beyond its inputs."""

from __future__ import annotations

from landmark_retrieval.parallel.map_chunks import thread_count
from landmark_retrieval.search.exact.tiled_scan import room
from landmark_retrieval.search.memory import Estimate

_AT_ONCE = 2**28  # bytes for the candidates of the queries that are looked for at once
_OF_A_THREAD = 2**26
_REMEDIES = {
    "lists": "search fewer queries at once, or a smaller k",
    "block": "a smaller block_rows",
    "candidates": "a smaller k",
    "threads": "fewer threads (NUMBA_NUM_THREADS)",
}


def queries_at_once(k: int, n_index: int) -> int:
    """Queries for which the index is streamed once."""
    return int(min(max(_AT_ONCE // _candidate_bytes(k, n_index), 16), 65_536))


def exact_search_memory(n_queries: int, n_index: int, dim: int, k: int, block_rows: int) -> Estimate:
    """Bytes of `search`, its result included, the vectors that are given to it not.

    Args:
        n_queries: number of queries.
        n_index: rows of the index.
        dim: columns of both.
        k: length of the lists.
        block_rows: index rows held at once.
    """
    at_once = min(queries_at_once(k, n_index), n_queries)
    parts = {
        "lists": n_queries * k * (8 + 4 + 8 + 4),  # positions, scores; a sorted copy and flags while checked
        "block": min(block_rows, n_index) * (dim * (4 + 2) + 24),
        "candidates": at_once * (_candidate_bytes(k, n_index) + dim * (4 + 4)),
        "threads": thread_count() * _OF_A_THREAD,
    }
    return Estimate(f"exact search of {n_queries} queries in {n_index} rows, k {k}", parts, _REMEDIES)


def _candidate_bytes(k: int, n_index: int) -> int:
    kept = room(k, n_index)
    return kept * (4 + 4 + 8) + k * (8 + 8 + 8) + 48
