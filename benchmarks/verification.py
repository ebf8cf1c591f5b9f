"""Geometric verification of pairs of pictures against the route of the published code, in one run.

    PYTHONPATH=src python benchmarks/verification.py [pairs]

The plain route matches by a kd-tree and runs 1000 affine RANSAC trials in NumPy, trial by trial, as
scikit-image's `ransac` does. Both get the same RootSIFT features of warped pictures and one thread; the
verdict of both (a pair of one scene or not) is checked against the truth.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from time import perf_counter

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from threadpoolctl import threadpool_limits

from landmark_retrieval.local_features.features import LocalFeatures
from landmark_retrieval.local_features.root_sift import RootSiftSettings, extract_root_sift
from landmark_retrieval.local_features.store import LocalFeatureStore
from landmark_retrieval.verification.affine import AffineSettings, estimate_affine
from landmark_retrieval.verification.matching import MatchingSettings, match
from landmark_retrieval.verification.pairs import VerificationSettings, verify_pairs

EXTRACTION = RootSiftSettings(max_keypoints=500, max_side=640, contrast_threshold=0.02)
SETTINGS = VerificationSettings(
    matching=MatchingSettings(max_distance=0.9, ratio=0.85),
    affine=AffineSettings(threshold_px=6.0, iterations=1000, confidence=0.999),
    seed=0,
)
N_SCENES, PHOTOGRAPHS, SIDE = 40, 3, 480
N_PLAIN, TRIALS, VERIFIED = 40, 1000, 20

Pairs = NDArray[np.int64]
Matcher = Callable[[LocalFeatures, LocalFeatures], NDArray[np.int64]]


def pictures() -> list[NDArray[np.uint8]]:
    """Photographs of scenes, one scene after the other: an affine view, noise and other light each."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(N_SCENES):
        coarse = rng.integers(0, 256, (SIDE // 12, SIDE // 12, 3), dtype=np.uint8)
        scene = cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        for _ in range(PHOTOGRAPHS):
            matrix = np.hstack(
                [np.eye(2) * rng.uniform(0.7, 1.1) + rng.normal(0, 0.1, (2, 2)), rng.uniform(0, 40, (2, 1))]
            )
            view = cv2.warpAffine(scene, matrix, (SIDE, SIDE)) * rng.uniform(0.6, 1) + rng.normal(
                0, 6, (SIDE, SIDE, 1)
            )
            found.append(np.clip(view, 0, 255).astype(np.uint8))
    return found


def draw_pairs(n: int) -> Pairs:
    """Different pairs of rows in random order, as many of one scene as there are, at most half."""
    rows = np.arange(N_SCENES * PHOTOGRAPHS)
    every = np.stack(np.triu_indices(len(rows), 1), axis=1)
    same = every[:, 0] // PHOTOGRAPHS == every[:, 1] // PHOTOGRAPHS
    rng = np.random.default_rng(1)
    chosen = [rng.permutation(every[part])[: n // 2] for part in (same, ~same)]
    return rng.permutation(np.concatenate(chosen))


def tree_match(first: LocalFeatures, second: LocalFeatures) -> NDArray[np.int64]:
    """Nearest neighbour in `first` of each descriptor of `second` within the bound."""
    distance, nearest = cKDTree(first.descriptors).query(
        second.descriptors, distance_upper_bound=SETTINGS.matching.max_distance
    )
    columns = np.flatnonzero(np.isfinite(distance))
    return np.stack([nearest[columns], columns], axis=1)


def product_match(first: LocalFeatures, second: LocalFeatures) -> NDArray[np.int64]:
    """Mutual neighbours by the matrix product."""
    return match(first.descriptors, second.descriptors, SETTINGS.matching)


def plain_ransac(source: NDArray[np.float32], target: NDArray[np.float32]) -> int:
    """Inliers of the best of 1000 affine transforms through three matches each."""
    rng = np.random.default_rng(0)
    homogeneous = np.column_stack([source, np.ones(len(source))])
    best = 0
    for _ in range(TRIALS if len(source) >= 4 else 0):
        sample = rng.choice(len(source), 3, replace=False)
        if abs(np.linalg.det(homogeneous[sample])) < 1e-6:
            continue
        transform = np.linalg.solve(homogeneous[sample], target[sample])
        residual = np.sqrt(((homogeneous @ transform - target) ** 2).sum(axis=1))
        best = max(best, int((residual < SETTINGS.affine.threshold_px).sum()))
    return best


def usac(source: NDArray[np.float32], target: NDArray[np.float32]) -> int:
    """Inliers by the project's estimator."""
    return int(estimate_affine(source, target, SETTINGS.affine, seed=0)[1].sum())


def timed_route(
    pairs: Iterable[list[int]],
    store: LocalFeatureStore,
    matcher: Matcher,
    ransac: Callable[[NDArray[np.float32], NDArray[np.float32]], int],
) -> tuple[float, float, NDArray[np.int64]]:
    """Milliseconds a pair of matching and of RANSAC, and the inliers of each pair."""
    seconds, inliers = [0.0, 0.0], []
    for i, j in pairs:
        first, second = store.features(i), store.features(j)
        times = [perf_counter()]
        rows, columns = matcher(first, second).T
        times.append(perf_counter())
        inliers.append(ransac(first.keypoints[rows], second.keypoints[columns]))
        times.append(perf_counter())
        seconds = [s + t for s, t in zip(seconds, np.diff(times), strict=True)]
    matching, estimation = (1e3 * s / len(inliers) for s in seconds)
    return matching, estimation, np.asarray(inliers)


def report(name: str, pairs: Pairs, result: tuple[float, float, NDArray[np.int64]]) -> float:
    """Print a line and return milliseconds a pair."""
    matching, estimation, inliers = result
    same = pairs[:, 0] // PHOTOGRAPHS == pairs[:, 1] // PHOTOGRAPHS
    right = ((inliers > VERIFIED) == same).mean()
    total = matching + estimation
    print(f"{name:28s} {matching:9.2f} {estimation:9.2f} {total:9.2f} {1e3 / total:9.1f} {right:9.1%}")
    return total


def main(n_pairs: int) -> None:
    """Run and print."""
    cv2.setNumThreads(1)
    taken = pictures()
    started = perf_counter()
    features = [extract_root_sift(picture, EXTRACTION) for picture in taken]
    extraction = (perf_counter() - started) / len(taken)
    store = LocalFeatureStore.pack([f"{i:04d}" for i in range(len(taken))], features)
    pairs = draw_pairs(n_pairs)
    some = pairs[:N_PLAIN]
    keypoints = np.diff(store.offsets).mean()
    print(f"RootSIFT, {SIDE} px, {keypoints:.0f} keypoints: {1e3 * extraction:.1f} ms a picture\n")
    print(f"{'':28s} {'match ms':>9s} {'RANSAC ms':>9s} {'pair ms':>9s} {'pairs/s':>9s} {'verdict':>9s}")
    with threadpool_limits(1):
        plain = report(
            "kd-tree, NumPy RANSAC", some, timed_route(some.tolist(), store, tree_match, plain_ransac)
        )
        ours = report("matrix product, USAC", pairs, timed_route(pairs.tolist(), store, product_match, usac))
    started = perf_counter()
    verify_pairs(store, pairs, SETTINGS, workers=1)
    rate = len(pairs) / (perf_counter() - started)
    print(f"\nverify_pairs, one process: {rate:.0f} pairs/s; {plain / ours:.0f} times the plain route a pair")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
