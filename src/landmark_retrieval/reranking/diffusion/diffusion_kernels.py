"""Conjugate gradients for `(I − αS) f = y`, many `y` side by side on one graph; compiled.

The arithmetic of a system does not depend on the systems solved beside it: each has its own step sizes, sums
run in the order of the rows, and a node that a system has not reached adds zeros.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from landmark_retrieval.arrays import Bools, Float32s, Float64s, Int32s, Int64s
from landmark_retrieval.reranking.diffusion.mutual_graph import GraphArrays

LANES = 32
"""Systems solved side by side on the whole graph: an edge is read once for all of them."""

_UNREACHED = np.iinfo(np.int32).max


@njit(parallel=True, cache=True)
def solve_on_graph(
    graph: GraphArrays, seeds: Int64s, values: Float64s, alpha: float, tolerance: float, max_iterations: int
) -> Float64s:
    """Solutions `(n_systems, n)` for `y` that is `values` at the nodes `seeds`, both `(n_systems, k)`."""
    n_systems = len(seeds)
    solutions = np.empty((n_systems, len(graph[0]) - 1))
    for block in prange((n_systems + LANES - 1) // LANES):
        part = slice(block * LANES, min((block + 1) * LANES, n_systems))
        _solve_lanes(graph, seeds[part], values[part], alpha, tolerance, max_iterations, solutions[part])
    return solutions


@njit(cache=True)
def _solve_lanes(
    graph: GraphArrays,
    seeds: Int64s,
    values: Float64s,
    alpha: float,
    tolerance: float,
    max_iterations: int,
    solutions: Float64s,
) -> None:
    """One lane per system, side by side in rows of nodes.

    Directions are rounded to float32, which halves what is gathered along the edges. Solution and residual
    are float64 and take the step along the rounded direction, so that the residual stays the true one.
    """
    n, lanes = len(graph[0]) - 1, len(seeds)
    solution, residual, image = np.zeros((n, lanes)), np.zeros((n, lanes)), np.zeros((n, lanes))
    direction = np.zeros((n, lanes), dtype=np.float32)
    hops = _hops(graph, seeds, max_iterations)
    squares, slope = np.zeros(lanes), np.zeros(lanes)
    step, turn = np.zeros(lanes), np.zeros(lanes)
    _plant(seeds, values, residual)
    _turn(hops, 0, residual, turn, direction)
    _advance(hops, 0, direction, image, step, solution, residual, squares)
    enough = tolerance * tolerance * squares
    for reach in range(1, max_iterations + 1):
        if not (squares > enough).any():
            break
        slope[:] = 0.0
        _multiply(graph, alpha, hops, reach, direction, image, slope)
        _divide(squares, slope, squares > enough, step)
        before = squares.copy()
        squares[:] = 0.0
        _advance(hops, reach, direction, image, step, solution, residual, squares)
        _divide(squares, before, before > enough, turn)
        _turn(hops, reach, residual, turn, direction)
    for lane in range(lanes):
        solutions[lane] = solution[:, lane]


@njit(cache=True)
def _plant(seeds: Int64s, values: Float64s, residual: Float64s) -> None:
    """Add each `y` to its lane."""
    for lane in range(len(seeds)):
        for s in range(seeds.shape[1]):
            if seeds[lane, s] >= 0:
                residual[seeds[lane, s], lane] += values[lane, s]


@njit(cache=True)
def _divide(upper: Float64s, lower: Float64s, active: Bools, ratios: Float64s) -> None:
    """Ratios of the lanes that are not done, 0 for the others."""
    for lane in range(len(ratios)):
        ratios[lane] = upper[lane] / lower[lane] if active[lane] else 0.0


@njit(cache=True)
def _hops(graph: GraphArrays, seeds: Int64s, furthest: int) -> Int32s:
    """Edges between each node and the nearest seed of any system: what lies further is still zero."""
    starts, columns, _ = graph
    n = len(starts) - 1
    hops = np.full(n, _UNREACHED, dtype=np.int32)
    queue = np.empty(n, dtype=np.int32)
    end = 0
    for seed in seeds.flat:
        if seed >= 0 and hops[seed] == _UNREACHED:
            hops[seed] = 0
            queue[end] = seed
            end += 1
    at = 0
    while at < end:
        node = queue[at]
        at += 1
        if hops[node] < furthest:
            for e in range(starts[node], starts[node + 1]):
                if hops[columns[e]] == _UNREACHED:
                    hops[columns[e]] = hops[node] + 1
                    queue[end] = columns[e]
                    end += 1
    return hops


@njit(cache=True)
def _multiply(
    graph: GraphArrays,
    alpha: float,
    hops: Int32s,
    reach: int,
    direction: Float32s,
    image: Float64s,
    slope: Float64s,
) -> None:
    """`image = (I − αS) direction`; `slope` gains the inner products of both. Four edges at a time."""
    starts, columns, weights = graph
    total = np.empty(len(slope))
    for i in range(len(starts) - 1):
        if hops[i] > reach:
            continue
        total[:] = 0.0
        e, end = starts[i], starts[i + 1]
        while e + 4 <= end:
            w0, w1, w2, w3 = weights[e], weights[e + 1], weights[e + 2], weights[e + 3]
            d0, d1 = direction[columns[e]], direction[columns[e + 1]]
            d2, d3 = direction[columns[e + 2]], direction[columns[e + 3]]
            for lane in range(len(total)):
                total[lane] += (w0 * d0[lane] + w1 * d1[lane]) + (w2 * d2[lane] + w3 * d3[lane])
            e += 4
        while e < end:
            w0, d0 = weights[e], direction[columns[e]]
            for lane in range(len(total)):
                total[lane] += w0 * d0[lane]
            e += 1
        own, row = direction[i], image[i]
        for lane in range(len(total)):
            row[lane] = own[lane] - alpha * total[lane]
            slope[lane] += own[lane] * row[lane]


@njit(cache=True)
def _advance(
    hops: Int32s,
    reach: int,
    direction: Float32s,
    image: Float64s,
    step: Float64s,
    solution: Float64s,
    residual: Float64s,
    squares: Float64s,
) -> None:
    """Take the step; `squares` gains the squared residuals."""
    for i in range(len(hops)):
        if hops[i] > reach:
            continue
        x, r, p, q = solution[i], residual[i], direction[i], image[i]
        for lane in range(len(step)):
            x[lane] += step[lane] * p[lane]
            r[lane] -= step[lane] * q[lane]
            squares[lane] += r[lane] * r[lane]


@njit(cache=True)
def _turn(hops: Int32s, reach: int, residual: Float64s, turn: Float64s, direction: Float32s) -> None:
    """`direction = residual + turn · direction`."""
    for i in range(len(hops)):
        if hops[i] > reach:
            continue
        r, p = residual[i], direction[i]
        for lane in range(len(turn)):
            p[lane] = r[lane] + turn[lane] * p[lane]
