"""Locally optimised sample consensus for an affine transform (LO-RANSAC, Chum et al. 2003; MSAC score).

A transform is six float64 `a, b, c, d, e, f`: x' = a·x + b·y + c, y' = d·x + e·y + f. Scores are sums of
integers, so no order of summation and no width of vector instructions changes a result.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landmark_retrieval.verification.consensus import MAX_STRETCH

Coordinates = NDArray[np.float32]
PointPairs = tuple[Coordinates, Coordinates, Coordinates, Coordinates]
"""x, y in the source, x, y in the target, `(n,)` each."""
Transform = NDArray[np.float64]

FULL_MARK = np.float32(4096)
"""Contribution of a match without residual to the score; that of one at the threshold is 0."""

MIN_DOUBLE_AREA = 4.0
"""px²: three points that span a smaller parallelogram are taken to lie on a line."""

INNER_SAMPLES, INNER_SIZE, REFITS = 4, 14, 3
"""Samples of inliers drawn when a better transform is met, their size, and least-squares fits of each."""


@njit(cache=True, nogil=True)
def best_affine(
    points: PointPairs, threshold: float, iterations: int, confidence: float, seed: int
) -> tuple[Transform, int]:
    """The transform of the highest score among those through three matches each, refined on its inliers.

    At least 3 points; the other arguments are those of `ConsensusSettings`. Returns `(6,)` float64 and its
    score, which is 0 where no sample spans an area.
    """
    n = len(points[0])
    best, trial = np.zeros(6), np.zeros(6)
    inliers = np.zeros(n + 1, np.int64)
    best_score, best_sampled, drawn, needed = 0, 0, 0, float(iterations)
    state = np.uint64(seed)
    while drawn < needed:
        drawn += 1
        state, i, j, k = _three(state, n)
        if not _through(points, i, j, k, trial):
            continue
        score = _score(points, trial, threshold)
        if score <= best_sampled:
            continue
        best_sampled = score
        if score > best_score:
            best_score, best[:] = score, trial
        state, best_score = _refine(points, trial, threshold, state, best, best_score)
        n_inliers = _inliers(points, best, threshold, inliers)
        needed = min(needed, _samples_needed(n_inliers / n, confidence))
    return best, best_score


@njit(cache=True, nogil=True)
def _refine(
    points: PointPairs, start: Transform, threshold: float, state: np.uint64, best: Transform, best_score: int
) -> tuple[np.uint64, int]:
    """Fit to the inliers of `start`, then to samples of them; a fit that scores higher replaces `best`."""
    n = len(points[0])
    pool, chosen, local = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64), np.zeros(6)
    n_pool = _inliers(points, start, threshold, pool)
    for attempt in range(INNER_SAMPLES + 1):
        size = n_pool if attempt == 0 else min(INNER_SIZE, n_pool // 2)
        if size < 4:
            break
        if attempt > 0:
            for slot in range(size):
                state, step = _below(state, n_pool - slot)
                pool[slot], pool[slot + step] = pool[slot + step], pool[slot]
        chosen[:size] = pool[:size]
        for _ in range(REFITS):
            if size < 3 or not _fit(points, chosen[:size], local):
                break
            score = _score(points, local, threshold)
            if score > best_score:
                best_score, best[:] = score, local
            size = _inliers(points, local, threshold, chosen)
    return state, best_score


@njit(cache=True, nogil=True)
def _score(points: PointPairs, transform: Transform, threshold: float) -> int:
    """Sum over all matches of `FULL_MARK` less their scaled squared residual, at least 0 (MSAC)."""
    x, y, u, v = points
    a, b, c = np.float32(transform[0]), np.float32(transform[1]), np.float32(transform[2])
    d, e, f = np.float32(transform[3]), np.float32(transform[4]), np.float32(transform[5])
    scale = np.float32(FULL_MARK / (threshold * threshold))
    total = np.int32(0)
    for i in range(len(x)):
        right, down = a * x[i] + b * y[i] + c - u[i], d * x[i] + e * y[i] + f - v[i]
        total += np.int32(max(FULL_MARK - (right * right + down * down) * scale, np.float32(0)))
    return int(np.int64(total))


@njit(cache=True, nogil=True)
def _inliers(points: PointPairs, transform: Transform, threshold: float, found: NDArray[np.int64]) -> int:
    """How many matches lie within the threshold; their rows are the first entries of `found`, `(n + 1,)`."""
    x, y, u, v = points
    a, b, c, d, e, f = transform
    k = 0
    for i in range(len(x)):
        right, down = a * x[i] + b * y[i] + c - u[i], d * x[i] + e * y[i] + f - v[i]
        found[k] = i
        k += right * right + down * down <= threshold * threshold
    return k


@njit(cache=True, nogil=True)
def _through(points: PointPairs, i: int, j: int, k: int, transform: Transform) -> bool:
    """The transform through three matches, False where points lie on a line or areas change too much."""
    x, y, u, v = points
    x1, y1 = np.float64(x[j]) - x[i], np.float64(y[j]) - y[i]
    x2, y2 = np.float64(x[k]) - x[i], np.float64(y[k]) - y[i]
    u1, v1 = np.float64(u[j]) - u[i], np.float64(v[j]) - v[i]
    u2, v2 = np.float64(u[k]) - u[i], np.float64(v[k]) - v[i]
    area, target_area = x1 * y2 - x2 * y1, u1 * v2 - u2 * v1
    if abs(area) < MIN_DOUBLE_AREA or abs(target_area) < MIN_DOUBLE_AREA:
        return False
    if not _is_stretch(target_area / area):
        return False
    a, b = (u1 * y2 - u2 * y1) / area, (u2 * x1 - u1 * x2) / area
    d, e = (v1 * y2 - v2 * y1) / area, (v2 * x1 - v1 * x2) / area
    transform[0], transform[1], transform[2] = a, b, u[i] - a * x[i] - b * y[i]
    transform[3], transform[4], transform[5] = d, e, v[i] - d * x[i] - e * y[i]
    return True


@njit(cache=True, nogil=True)
def _fit(points: PointPairs, rows: NDArray[np.int64], transform: Transform) -> bool:
    """Least squares over some matches, False where points lie on a line or areas change too much."""
    x, y, u, v = points
    mx, my, mu, mv = 0.0, 0.0, 0.0, 0.0
    for i in rows:
        mx, my, mu, mv = mx + x[i], my + y[i], mu + u[i], mv + v[i]
    k = len(rows)
    mx, my, mu, mv = mx / k, my / k, mu / k, mv / k
    xx, xy, yy, xu, yu, xv, yv = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in rows:
        p, q, r, s = x[i] - mx, y[i] - my, u[i] - mu, v[i] - mv
        xx, xy, yy = xx + p * p, xy + p * q, yy + q * q
        xu, yu, xv, yv = xu + p * r, yu + q * r, xv + p * s, yv + q * s
    scatter = xx * yy - xy * xy
    if not scatter > 1e-9 * (xx + yy) ** 2:
        return False
    a, b = (xu * yy - yu * xy) / scatter, (yu * xx - xu * xy) / scatter
    d, e = (xv * yy - yv * xy) / scatter, (yv * xx - xv * xy) / scatter
    if not _is_stretch(a * e - b * d):
        return False
    transform[0], transform[1], transform[2] = a, b, mu - a * mx - b * my
    transform[3], transform[4], transform[5] = d, e, mv - d * mx - e * my
    return True


@njit(cache=True, nogil=True)
def _is_stretch(determinant: float) -> bool:
    """Whether areas change no more than photographs of one thing do."""
    return 1 / MAX_STRETCH**2 < abs(determinant) < MAX_STRETCH**2


@njit(cache=True, nogil=True)
def _samples_needed(inlier_share: float, confidence: float) -> float:
    """Samples of three after which one of true matches alone has been drawn with this chance."""
    good = inlier_share**3
    if good >= 1:
        return 0.0
    return np.log(1 - confidence) / np.log1p(-good) if good > 0 else np.inf


@njit(cache=True, nogil=True)
def _three(state: np.uint64, n: int) -> tuple[np.uint64, int, int, int]:
    """Three different rows of `n`."""
    state, i = _below(state, n)
    state, j = _below(state, n - 1)
    state, k = _below(state, n - 2)
    j += j >= i
    k += k >= min(i, j)
    k += k >= max(i, j)
    return state, i, j, k


@njit(cache=True, nogil=True)
def _below(state: np.uint64, n: int) -> tuple[np.uint64, int]:
    """A random number in `0 … n − 1`, by splitmix64."""
    state = state + np.uint64(0x9E3779B97F4A7C15)
    z = state
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return state, int(np.int64(((z >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32)))
