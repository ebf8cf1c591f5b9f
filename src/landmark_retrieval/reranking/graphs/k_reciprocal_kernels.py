"""Compiled loops of k-reciprocal re-ranking; each query, each row of a set is one thread's alone."""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from landmark_retrieval.search.exact.pair_kernels import score_all


@njit(cache=True)
def _holds(rows: NDArray[np.int32], row: int) -> bool:
    found = False
    for other in rows:
        found |= other == row
    return found


@njit(cache=True)
def _reciprocal(nearest: NDArray[np.int32], i: int, k: int, members: NDArray[np.int32]) -> int:
    """Write those of the first `k` of `i` that list `i` among their own; how many they are."""
    size = 0
    for j in nearest[i, :k]:
        if j >= 0 and _holds(nearest[j, :k], i):
            members[size] = j
            size += 1
    return size


@njit(cache=True)
def _expanded(
    nearest: NDArray[np.int32], halves: NDArray[np.int32], i: int, k1: int, members: NDArray[np.int32]
) -> int:
    """Write the expanded reciprocal neighbours of `i`, ascending; how many they are."""
    n_own = _reciprocal(nearest, i, k1 + 1, members)
    size = n_own
    for place in range(n_own):
        n_others, inside = 0, 0
        for j in halves[members[place]]:
            if j >= 0:
                n_others += 1
                inside += _holds(members[:n_own], j)
        if 3 * inside > 2 * n_others:
            for j in halves[members[place]]:
                if j >= 0 and not _holds(members[:size], j):
                    members[size] = j
                    size += 1
    members[:size].sort()
    return size


@njit(cache=True)
def half_reach(k1: int) -> int:
    """Entries of a list that count for `R(j, k1/2)`; half of an odd number is rounded to the even one."""
    return k1 // 2 + (k1 % 4 == 3) + 1


@njit(parallel=True, cache=True)
def half_reciprocal(nearest: NDArray[np.int32], k1: int) -> NDArray[np.int32]:
    """`R(j, k1/2)` of each row, then `-1`; `nearest` as for `expanded_neighbours`."""
    halves = np.full((len(nearest), half_reach(k1)), -1, dtype=np.int32)
    for i in prange(len(nearest)):
        _reciprocal(nearest, i, half_reach(k1), halves[i])
    return halves


@njit(parallel=True, cache=True)
def expanded_neighbours(
    nearest: NDArray[np.int32], halves: NDArray[np.int32], first: int, last: int, k1: int
) -> NDArray[np.int32]:
    """Expanded reciprocal neighbours of the rows from `first` to `last`, ascending, then `-1`.

    Args:
        nearest: `(n, width)` int32 lists of a set for its own members, `-1` pads.
        halves: `half_reciprocal` of the lists.
        first: row to begin with.
        last: row to end before.
        k1: neighbours that may be reciprocal.

    Returns:
        `(last - first, most)` int32.
    """
    expanded = np.full((last - first, (k1 + 1) * (1 + halves.shape[1])), -1, dtype=np.int32)
    for i in prange(first, last):
        _expanded(nearest, halves, i, k1, expanded[i - first])
    return expanded


@njit(parallel=True, cache=True)
def find_overlaps(
    listed: NDArray[np.int64],
    query_starts: NDArray[np.int64],
    query_columns: NDArray[np.int32],
    query_values: NDArray[np.float64],
    starts: NDArray[np.int64],
    rows: NDArray[np.int32],
    values: NDArray[np.float64],
    n_index: int,
    width: int,
    n_blocks: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """`Σ min(V_q, V_x)` of each query with the index rows that are listed for it or share a member with it.

    Args:
        listed: `(n_queries, depth)` int64 index rows, `-1` pads.
        query_starts: `(n_queries + 1,)` compressed rows of `V` of the queries.
        query_columns: member of the set of each value.
        query_values: float64.
        starts: `(n_set + 1,)` compressed columns of `V` of the index.
        rows: index row of each value.
        values: float64.
        n_index: rows of the index.
        width: places for each query, enough for all.
        n_blocks: parts that the queries are divided into; no effect on the result.

    Returns:
        `(n_queries, width)` int64 index rows, those that are listed in their order, then the others by row,
        then `-1`; `(n_queries, width)` float64 sums.
    """
    n_queries = len(listed)
    found = np.full((n_queries, width), -1, dtype=np.int64)
    sums = np.zeros((n_queries, width), dtype=np.float64)
    for block in prange(n_blocks):
        place = np.full(n_index, -1, dtype=np.int32)
        for query in range(block, n_queries, n_blocks):
            size = 0
            for row in listed[query]:
                if row >= 0:
                    found[query, size], place[row] = row, size
                    size += 1
            n_listed = size
            for member in range(query_starts[query], query_starts[query + 1]):
                column, value = query_columns[member], query_values[member]
                for entry in range(starts[column], starts[column + 1]):
                    row = rows[entry]
                    if place[row] < 0:
                        found[query, size], place[row] = row, size
                        size += 1
                    sums[query, place[row]] += min(value, values[entry])
            place[found[query, :size]] = -1
            order = n_listed + np.argsort(found[query, n_listed:size])
            found[query, n_listed:size] = found[query][order]
            sums[query, n_listed:size] = sums[query][order]
    return found, sums


@njit(parallel=True, cache=True)
def rerank_shortlists(
    stacks: NDArray[np.float32], sizes: NDArray[np.int64], k1: int, k2: int, lambda_value: float
) -> NDArray[np.float64]:
    """Distance of each query to the images of its shortlist.

    Args:
        stacks: `(n_queries, 1 + n, dim)` float32 query, then shortlist.
        sizes: `(n_queries,)` rows of each stack that count, the query among them.
        k1: neighbours that may be reciprocal.
        k2: neighbours that are averaged.
        lambda_value: weight of the original distance.

    Returns:
        `(n_queries, n)` float64.
    """
    final = np.zeros((len(stacks), stacks.shape[1] - 1), dtype=np.float64)
    for query in prange(len(stacks)):
        m = sizes[query]
        cosines = _cosines(stacks[query, :m])
        nearest = _nearest(cosines, min(max(k1 + 1, k2), m))
        distances = _distances(cosines)
        averaged = _averaged(_weights(nearest, distances, k1), nearest, k2)
        for x in range(1, m):
            overlap = 0.0
            for member in range(m):
                overlap += min(averaged[0, member], averaged[x, member])
            jaccard = 1 - overlap / (2 - overlap)
            final[query, x - 1] = (1 - lambda_value) * jaccard + lambda_value * distances[0, x]
    return final


@njit(cache=True)
def _cosines(stack: NDArray[np.float32]) -> NDArray[np.float32]:
    """Inner products of all pairs, `(m, m)`, each computed once."""
    m = len(stack)
    cosines = np.empty((m, m), dtype=np.float32)
    for row in range(m):
        products = np.empty((1, m - row), dtype=np.float32)
        score_all(stack[row : row + 1], stack[row:], products)
        cosines[row, row:] = products[0]
        cosines[row:, row] = products[0]
    return cosines


@njit(cache=True)
def _nearest(cosines: NDArray[np.float32], k: int) -> NDArray[np.int32]:
    """The `k` columns of each row with the largest cosine, best first; ties by column."""
    m = len(cosines)
    nearest = np.empty((m, k), dtype=np.int32)
    for row in range(m):
        held = 0
        for column in range(m):
            cosine = cosines[row, column]
            if held < k:
                held += 1
            elif not cosine > cosines[row, nearest[row, k - 1]]:
                continue
            place = held - 1
            while place > 0 and cosine > cosines[row, nearest[row, place - 1]]:
                nearest[row, place] = nearest[row, place - 1]
                place -= 1
            nearest[row, place] = column
    return nearest


@njit(cache=True)
def _distances(cosines: NDArray[np.float32]) -> NDArray[np.float64]:
    """Squared distances of unit vectors, divided by the largest of the row; NaN stays NaN."""
    m = len(cosines)
    distances = np.empty((m, m), dtype=np.float64)
    for row in range(m):
        largest = 0.0
        for column in range(m):
            distance = 2 - 2 * np.float64(cosines[row, column])
            distances[row, column] = 0.0 if distance < 0 else distance
            largest = max(largest, distance)
        if largest > 0:
            distances[row] /= largest
    return distances


@njit(cache=True)
def _weights(nearest: NDArray[np.int32], distances: NDArray[np.float64], k1: int) -> NDArray[np.float64]:
    """`V`: how much each member of the expanded neighbours of a row weighs, `(m, m)`."""
    m = len(nearest)
    weights = np.zeros((m, m), dtype=np.float64)
    halves = np.full((m, half_reach(k1)), -1, dtype=np.int32)
    for row in range(m):
        _reciprocal(nearest, row, half_reach(k1), halves[row])
    members = np.empty((k1 + 1) * (1 + half_reach(k1)), dtype=np.int32)
    for row in range(m):
        size = _expanded(nearest, halves, row, k1, members)
        total = 0.0
        for j in members[:size]:
            weights[row, j] = np.exp(-distances[row, j])
            total += weights[row, j]
        if size > 0:
            weights[row] /= total
    return weights


@njit(cache=True)
def _averaged(weights: NDArray[np.float64], nearest: NDArray[np.int32], k2: int) -> NDArray[np.float64]:
    """Mean of `V` over the first `k2` of each list; one is the row itself, whatever its list says."""
    if k2 == 1:
        return weights
    m = len(weights)
    averaged = np.zeros((m, m), dtype=np.float64)
    n = min(k2, nearest.shape[1])
    for row in range(m):
        for j in nearest[row, :n]:
            averaged[row] += weights[j]
        averaged[row] /= n
    return averaged
