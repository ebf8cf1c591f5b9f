"""Compiled loops of the graph traversal; edges are keys (`search.sort_keys`), the smaller the better."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from landmark_retrieval.arrays import Int32s, Int64s
from landmark_retrieval.search.sort_keys import WORST_KEY

_ROW_BITS = 32
_ROW_MASK = 2**32 - 1
_UNSEEN, _TAKEN = 2**31 - 1, -(2**31)  # in place of the heaviest edge of a node that has none, or is listed


@njit(cache=True)
def reverse_edges(edges: Int64s) -> tuple[Int64s, Int64s]:
    """Compressed rows of the edges seen from their other end, by node.

    Args:
        edges: `(n, k)` int64, each node once in a row, `WORST_KEY` where there is none.

    Returns:
        `(n + 1,)` int64 starts of the rows, and their edges.
    """
    n = len(edges)
    starts = np.zeros(n + 1, dtype=np.int64)
    for i in range(n):
        for key in edges[i]:
            if key != WORST_KEY:
                starts[(key & _ROW_MASK) + 1] += 1
    starts = np.cumsum(starts)
    ends = starts[:-1].copy()
    reverse = np.empty(starts[-1], dtype=np.int64)
    for i in range(n):
        for key in edges[i]:
            if key != WORST_KEY:
                j = key & _ROW_MASK
                reverse[ends[j]] = (key >> _ROW_BITS) << _ROW_BITS | i
                ends[j] += 1
    return starts, reverse


@njit(parallel=True, cache=True)
def join_edges(edges: Int64s, starts: Int64s, reverse: Int64s, n_blocks: int) -> Int64s:
    """Both kinds of edges of each node, ascending; of two to the same node the better, then `WORST_KEY`.

    Node `i` owns the places from `k·i + starts[i]` to `k·(i + 1) + starts[i + 1]`.
    """
    n, k = edges.shape
    joined = np.full(n * k + len(reverse), WORST_KEY, dtype=np.int64)
    for block in prange(n_blocks):
        seen_from = np.full(n, -1, dtype=np.int32)
        place_of = np.empty(n, dtype=np.int32)
        for i in range(block, n, n_blocks):
            row = joined[k * i + starts[i] : k * (i + 1) + starts[i + 1]]
            size = 0
            for key in edges[i]:
                if key != WORST_KEY:
                    row[size] = key
                    seen_from[key & _ROW_MASK], place_of[key & _ROW_MASK] = i, size
                    size += 1
            for key in reverse[starts[i] : starts[i + 1]]:
                node = key & _ROW_MASK
                if seen_from[node] == i:
                    row[place_of[node]] = min(row[place_of[node]], key)
                else:
                    row[size] = key
                    size += 1
            row[:size].sort()
    return joined


@njit(parallel=True, cache=True)
def traverse_all(
    seeds: Int64s, starts: Int64s, edges: Int64s, threshold: int, p: int, n_blocks: int
) -> Int64s:
    """Keys of what each query finds, in order, `(n_queries, p)`, `WORST_KEY` at the end.

    Args:
        seeds: `(n_queries, k)` edges of the queries, `WORST_KEY` where there is none.
        starts: `(n + 1,)` rows of the graph.
        edges: `(n_edges,)`, ascending within each row.
        threshold: upper half of the key of the threshold.
        p: images to find.
        n_blocks: parts that the queries are divided into; no effect on the result.
    """
    n_queries = len(seeds)
    found = np.full((n_queries, p), WORST_KEY, dtype=np.int64)
    for block in prange(n_blocks):
        state = np.zeros((len(starts) - 1, 2), dtype=np.int32)
        heap = np.empty(2 * p + 16, dtype=np.int64)
        nodes = np.empty(2 * p + 16, dtype=np.int32)
        for query in range(block, n_queries, n_blocks):
            _traverse(seeds[query], starts, edges, threshold, found[query], query + 1, state, heap, nodes)
    return found


@njit(cache=True)
def _traverse(
    seeds: Int64s,
    starts: Int64s,
    edges: Int64s,
    threshold: int,
    found: Int64s,
    query: int,
    state: Int32s,
    heap: Int64s,
    nodes: Int32s,
) -> None:
    # state[node] holds the query that saw the node last and the weight stored for it.
    # A heap entry is the weight and a running number, nodes[number] its node; it is stale once the node
    # has a better one. At most as many entries as results are missing can ever be popped: the rest is
    # pruned, and no edge past `limit` matters.
    p, n_found = len(found), 0
    size, number, limit = 0, 0, _UNSEEN
    size, number, limit = _explore(seeds, query, state, heap, nodes, size, number, limit, p)
    size, number, limit = _prune(state, heap, nodes, size, p)
    while n_found < p:
        first = n_found
        while n_found < p and size > 0:
            weight, node = heap[0] >> _ROW_BITS, nodes[heap[0] & _ROW_MASK]
            if state[node, 1] == weight:
                if n_found > first and weight >= threshold:
                    break
                state[node, 1] = _TAKEN
                found[n_found] = weight << _ROW_BITS | node
                n_found += 1
            size = _remove_first(heap, size)
        if n_found == first:
            return
        for place in range(first, n_found if n_found < p else first):
            node = found[place] & _ROW_MASK
            row = edges[starts[node] : starts[node + 1]]
            size, number, limit = _explore(row, query, state, heap, nodes, size, number, limit, p - n_found)


@njit(cache=True)
def _explore(
    row: Int64s,
    query: int,
    state: Int32s,
    heap: Int64s,
    nodes: Int32s,
    size: int,
    number: int,
    limit: int,
    missing: int,
) -> tuple[int, int, int]:
    """Put the nodes of a row on the heap that have no better edge yet."""
    for key in row:
        weight = key >> _ROW_BITS
        if key == WORST_KEY or weight >= limit:
            break
        node = key & _ROW_MASK
        if state[node, 0] != query:
            state[node, 0], state[node, 1] = query, _UNSEEN
        if weight < state[node, 1]:
            if number == len(heap):
                size, number, limit = _prune(state, heap, nodes, size, missing)
                if weight >= limit:
                    break
            state[node, 1] = weight
            nodes[number] = node
            size = _add(heap, size, weight << _ROW_BITS | number)
            number += 1
    return size, number, limit


@njit(cache=True)
def _prune(state: Int32s, heap: Int64s, nodes: Int32s, size: int, missing: int) -> tuple[int, int, int]:
    """Keep the best entries, no more than results are missing; renumber them in their order."""
    alive = 0
    for place in range(size):
        key = heap[place]
        if state[nodes[key & _ROW_MASK], 1] == key >> _ROW_BITS:
            heap[alive] = key
            alive += 1
    heap[:alive].sort()
    kept = min(alive, missing)
    renumbered = np.empty(kept, dtype=np.int32)
    for place in range(kept):
        renumbered[place] = nodes[heap[place] & _ROW_MASK]
        heap[place] = (heap[place] >> _ROW_BITS) << _ROW_BITS | place
    nodes[:kept] = renumbered
    return kept, kept, heap[kept - 1] >> _ROW_BITS if kept == missing else _UNSEEN


@njit(cache=True)
def _add(heap: Int64s, size: int, key: int) -> int:
    place = size
    while place > 0 and key < heap[(place - 1) >> 1]:
        heap[place] = heap[(place - 1) >> 1]
        place = (place - 1) >> 1
    heap[place] = key
    return size + 1


@njit(cache=True)
def _remove_first(heap: Int64s, size: int) -> int:
    size -= 1
    key, place, child = heap[size], 0, 1
    while child < size:
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if key <= heap[child]:
            break
        heap[place] = heap[child]
        place, child = child, 2 * child + 1
    heap[place] = key
    return size
