"""Compiled loops of k-reciprocal re-ranking; each query, each row of a set is one thread's alone."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from landmark_retrieval.arrays import Float32s, Float64s, Int32s, Int64s
from landmark_retrieval.search.exact.pair_kernels import score_all


@njit(cache=True)
def _holds(rows: Int32s, row: int) -> bool:
    found = False
    for other in rows:
        found |= other == row
    return found


@njit(cache=True)
def _reciprocal(nearest: Int32s, i: int, k: int, members: Int32s) -> int:
    """Write those of the first `k` of `i` that list `i` among their own; how many they are."""
    size = 0
    for j in nearest[i, :k]:
        if j >= 0 and _holds(nearest[j, :k], i):
            members[size] = j
            size += 1
    return size


@njit(cache=True)
def _expanded(nearest: Int32s, halves: Int32s, i: int, k1: int, members: Int32s) -> int:
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
def half_reciprocal(nearest: Int32s, k1: int) -> Int32s:
    """`R(j, k1/2)` of each row, then `-1`; `nearest` as for `expanded_neighbours`."""
    halves = np.full((len(nearest), half_reach(k1)), -1, dtype=np.int32)
    for i in prange(len(nearest)):
        _reciprocal(nearest, i, half_reach(k1), halves[i])
    return halves


@njit(parallel=True, cache=True)
def expanded_neighbours(nearest: Int32s, halves: Int32s, first: int, last: int, k1: int) -> Int32s:
    """Expanded reciprocal neighbours of the rows from `first` to `last - 1`, ascending, then `-1`.

    Args:
        nearest: `(n, width)` lists of a set for its own members, `-1` pads.
        halves: `half_reciprocal` of the lists.
        first: row to begin with.
        last: row to end before.
        k1: neighbours that may be reciprocal.
    """
    expanded = np.full((last - first, (k1 + 1) * (1 + halves.shape[1])), -1, dtype=np.int32)
    for i in prange(first, last):
        _expanded(nearest, halves, i, k1, expanded[i - first])
    return expanded


@njit(parallel=True, cache=True)
def find_overlaps(
    listed: Int64s,
    query_starts: Int64s,
    query_columns: Int32s,
    query_values: Float64s,
    starts: Int64s,
    rows: Int32s,
    values: Float64s,
    n_index: int,
    width: int,
    n_blocks: int,
) -> tuple[Int64s, Float64s]:
    """`Σ min(V_q, V_x)` of each query with the index rows that are listed for it or share a member with it.

    Args:
        listed: `(n_queries, depth)` index rows, `-1` pads.
        query_starts: `(n_queries + 1,)` compressed rows of `V` of the queries, with the next two.
        query_columns: members of the set.
        query_values: of `V`.
        starts: `(n_set + 1,)` compressed columns of `V` of the index, with the next two.
        rows: index rows.
        values: of `V`.
        n_index: rows of the index.
        width: places for each query, enough for all.
        n_blocks: parts that the queries are divided into; no effect on the result.

    Returns:
        `(n_queries, width)` index rows: those listed in their order, others by row, then `-1`; and sums.
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
def rerank_shortlists(stacks: Float32s, sizes: Int64s, k1: int, k2: int, lambda_value: float) -> Float64s:
    """`k_reciprocal.shortlist_distances` from stacks of a query and its shortlist, `(n_queries, 1 + n, dim)`.

    The first `sizes` rows of a stack count, the query among them.
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
def _cosines(stack: Float32s) -> Float32s:
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
def _nearest(cosines: Float32s, k: int) -> Int32s:
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
def _distances(cosines: Float32s) -> Float64s:
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
def _weights(nearest: Int32s, distances: Float64s, k1: int) -> Float64s:
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
def _averaged(weights: Float64s, nearest: Int32s, k2: int) -> Float64s:
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
