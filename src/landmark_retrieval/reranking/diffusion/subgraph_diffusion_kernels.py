"""Conjugate gradients for `(I − αS) f = y` on a part of a graph, another part for each system; compiled.

Only what the seeds reach inside the part is solved for, as everything else is zero. Nodes are numbered in the
order in which they are reached, so that the first iterations run over a few of them. Each system is solved by
one thread.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from landmark_retrieval.arrays import Float32s, Float64s, Int32s, Int64s
from landmark_retrieval.reranking.diffusion.mutual_graph import GraphArrays

_SYSTEMS = 256  # solved one after another in the same scratch memory
_OUTSIDE, _UNREACHED = -2, -1


@njit(parallel=True, cache=True)
def solve_on_subgraphs(
    graph: GraphArrays,
    parts: Int32s,
    seeds: Int64s,
    values: Float64s,
    renormalise: bool,
    alpha: float,
    tolerance: float,
    max_iterations: int,
) -> Float32s:
    """Solutions at the nodes of each system's part; arguments and result as of `diffusion.diffuse_within`."""
    starts = graph[0]
    solutions = np.zeros(parts.shape, dtype=np.float32)
    for task in prange((len(parts) + _SYSTEMS - 1) // _SYSTEMS):
        place = np.full(len(starts) - 1, _OUTSIDE, dtype=np.int32)
        sub_columns, sub_weights = np.empty(0, dtype=np.int32), np.empty(0)
        for i in range(task * _SYSTEMS, min((task + 1) * _SYSTEMS, len(parts))):
            room = _enter(starts, parts[i], place)
            if room > len(sub_columns):
                sub_columns, sub_weights = np.empty(room, dtype=np.int32), np.empty(room)
            hops, sub_starts = _extract(graph, seeds[i], len(parts[i]), place, sub_columns, sub_weights)
            if renormalise:
                _renormalise(sub_starts, sub_columns, sub_weights)
            reach = _reach(hops, max_iterations)
            y = np.zeros(len(hops))
            for s in range(seeds.shape[1]):
                if seeds[i, s] >= 0 and place[seeds[i, s]] >= 0:
                    y[place[seeds[i, s]]] += values[i, s]
            solution = _solve(sub_starts, sub_columns, sub_weights, y, reach, alpha, tolerance)
            _leave(parts[i], solution, place, solutions[i])
    return solutions


@njit(cache=True)
def _enter(starts: Int64s, part: Int32s, place: Int32s) -> int:
    """Mark the nodes of a part; returns room for all edges they have in the graph, and one more."""
    room = 1
    for node in part:
        if node >= 0:
            place[node] = _UNREACHED
            room += starts[node + 1] - starts[node]
    return room


@njit(cache=True)
def _extract(
    graph: GraphArrays, seeds: Int64s, m: int, place: Int32s, sub_columns: Int32s, sub_weights: Float64s
) -> tuple[Int32s, Int64s]:
    """Number the nodes in the order in which the seeds reach them and copy their edges.

    Returns:
        Edges between each node and the nearest seed, and the starts of the edges copied.
    """
    starts, columns, weights = graph
    queue, hops = np.empty(m, dtype=np.int32), np.zeros(m, dtype=np.int32)
    sub_starts = np.zeros(m + 1, dtype=np.int64)
    reached = edges = 0
    for seed in seeds:
        if seed >= 0 and place[seed] == _UNREACHED:
            place[seed] = reached
            queue[reached] = seed
            reached += 1
    at = 0
    while at < reached:
        for e in range(starts[queue[at]], starts[queue[at] + 1]):
            node = np.uint32(columns[e])  # unsigned: no test for an index from the end
            number = place[node]
            if number == _UNREACHED:
                number = np.int32(reached)
                place[node] = number
                queue[reached] = node
                hops[reached] = hops[at] + 1
                reached += 1
            # written in any case and kept where inside: the branch could not be predicted
            sub_columns[edges] = number
            sub_weights[edges] = weights[e]
            edges += number >= 0
        at += 1
        sub_starts[at] = edges
    return hops[:reached], sub_starts[: reached + 1]


@njit(cache=True)
def _reach(hops: Int32s, furthest: int) -> Int64s:
    """Number of nodes within each number of edges, up to `furthest`."""
    reach = np.zeros(furthest + 1, dtype=np.int64)
    for hop in hops:
        if hop <= furthest:
            reach[hop] += 1
    return np.cumsum(reach)


@njit(cache=True)
def _renormalise(starts: Int64s, columns: Int32s, weights: Float64s) -> None:
    """`D^{-1/2} W D^{-1/2}` in place."""
    scale = np.zeros(len(starts) - 1)
    for i in range(len(scale)):
        for e in range(starts[i], starts[i + 1]):
            scale[i] += weights[e]
        if scale[i] > 0:
            scale[i] = 1 / np.sqrt(scale[i])
    for i in range(len(scale)):
        for e in range(starts[i], starts[i + 1]):
            weights[e] *= scale[i] * scale[columns[e]]


@njit(cache=True)
def _solve(
    starts: Int64s,
    columns: Int32s,
    weights: Float64s,
    y: Float64s,
    reach: Int64s,
    alpha: float,
    tolerance: float,
) -> Float64s:
    """The solution for one `y`, from zero on; an iteration for each number in `reach` after the first."""
    solution, residual = np.zeros(len(y)), y.copy()
    direction, image = y.copy(), np.empty(len(y))
    square = 0.0
    for i in range(len(y)):
        square += y[i] * y[i]
    enough = tolerance * tolerance * square
    for size in reach[1:]:
        if square <= enough:
            break
        slope = 0.0
        for i in range(size):
            total = _row_product(starts[i], starts[i + 1], columns, weights, direction)
            image[i] = direction[i] - alpha * total
            slope += direction[i] * image[i]
        step, before, square = square / slope, square, 0.0
        for i in range(size):
            solution[i] += step * direction[i]
            residual[i] -= step * image[i]
            square += residual[i] * residual[i]
        turn = square / before
        for i in range(size):
            direction[i] = residual[i] + turn * direction[i]
    return solution


@njit(cache=True)
def _row_product(start: int, end: int, columns: Int32s, weights: Float64s, vector: Float64s) -> float:
    """A row of the graph times a vector; four sums, so that additions do not wait for each other."""
    total = 0.0
    e = start
    while e + 4 <= end:
        first = weights[e] * vector[columns[e]] + weights[e + 1] * vector[columns[e + 1]]
        second = weights[e + 2] * vector[columns[e + 2]] + weights[e + 3] * vector[columns[e + 3]]
        total += first + second
        e += 4
    while e < end:
        total += weights[e] * vector[columns[e]]
        e += 1
    return total


@njit(cache=True)
def _leave(part: Int32s, solution: Float64s, place: Int32s, solutions: Float32s) -> None:
    """Write the solution in the order of the part and forget the marks."""
    for t in range(len(part)):
        if part[t] >= 0:
            if place[part[t]] >= 0:
                solutions[t] = solution[place[part[t]]]
            place[part[t]] = _OUTSIDE
