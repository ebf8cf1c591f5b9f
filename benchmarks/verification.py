"""Geometric verification of pairs of pictures against the route of the published code, in one run.

    PYTHONPATH=src python benchmarks/verification.py [--size S|M] [--pairs 1000]

S has 500 keypoints a picture, M 1000. The plain route is that of DELF's matching: nearest neighbours by a
kd-tree, then 1000 trials of RANSAC, each of which fits an affine transform to three matches by least squares
(normalised points, SVD), as a library's general `ransac` does. Both get the same RootSIFT features of warped
pictures and one thread; the verdict of both (a pair of one scene or not) is checked against the truth.
"""

from __future__ import annotations

import argparse

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
from timing import report, timed

SIZES = {"S": (500, 480), "M": (1000, 640)}
"""Keypoints and pixels a side of a picture."""

SETTINGS = VerificationSettings(
    matching=MatchingSettings(max_distance=0.9, ratio=0.85),
    affine=AffineSettings(threshold_px=6.0, iterations=1000, confidence=0.999),
    seed=0,
)
N_SCENES, PHOTOGRAPHS = 40, 3
N_PLAIN, TRIALS, VERIFIED = 20, 1000, 20

Points = NDArray[np.float32]
Matches = NDArray[np.int64]


def pictures(side: int) -> list[NDArray[np.uint8]]:
    """Photographs of scenes, one scene after the other: an affine view, noise and other light each."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(N_SCENES):
        coarse = rng.integers(0, 256, (side // 12, side // 12, 3), dtype=np.uint8)
        scene = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
        for _ in range(PHOTOGRAPHS):
            matrix = np.hstack(
                [np.eye(2) * rng.uniform(0.7, 1.1) + rng.normal(0, 0.1, (2, 2)), rng.uniform(0, 40, (2, 1))]
            )
            view = cv2.warpAffine(scene, matrix, (side, side)) * rng.uniform(0.6, 1) + rng.normal(
                0, 6, (side, side, 1)
            )
            found.append(np.clip(view, 0, 255).astype(np.uint8))
    return found


def draw_pairs(n: int) -> NDArray[np.int64]:
    """Different pairs of rows in random order, as many of one scene as there are, at most half."""
    rows = np.arange(N_SCENES * PHOTOGRAPHS)
    every = np.stack(np.triu_indices(len(rows), 1), axis=1)
    same = every[:, 0] // PHOTOGRAPHS == every[:, 1] // PHOTOGRAPHS
    rng = np.random.default_rng(1)
    chosen = [rng.permutation(every[part])[: n // 2] for part in (same, ~same)]
    return rng.permutation(np.concatenate(chosen))


def tree_match(first: LocalFeatures, second: LocalFeatures) -> Matches:
    """Nearest neighbour in `first` of each descriptor of `second` within the bound."""
    distance, nearest = cKDTree(first.descriptors).query(
        second.descriptors, distance_upper_bound=SETTINGS.matching.max_distance
    )
    columns = np.flatnonzero(np.isfinite(distance))
    return np.stack([nearest[columns], columns], axis=1)


def product_match(first: LocalFeatures, second: LocalFeatures) -> Matches:
    """Mutual neighbours by the matrix product."""
    return match(first.descriptors, second.descriptors, SETTINGS.matching)


def fit_affine(source: Points, target: Points) -> NDArray[np.float64]:
    """Least-squares affine transform `(3, 3)` of homogeneous points, from normalised coordinates."""
    (source, to_source), (target, to_target) = normalised(source), normalised(target)
    n = len(source)
    system = np.zeros((2 * n, 7))
    system[:n, :2], system[:n, 2], system[:n, 6] = source, 1, -target[:, 0]
    system[n:, 3:5], system[n:, 5], system[n:, 6] = source, 1, -target[:, 1]
    solution = np.linalg.svd(system)[2][-1]
    if abs(solution[6]) < 1e-12:
        return np.full((3, 3), np.nan)
    matrix = np.vstack([(solution[:6] / solution[6]).reshape(2, 3), [0, 0, 1]])
    return np.linalg.inv(to_target) @ matrix @ to_source


def normalised(points: Points) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points around the origin at a mean distance of √2, and the transform that takes them there."""
    centre = points.mean(axis=0, dtype=np.float64)
    scale = np.sqrt(2) / max(np.sqrt(((points - centre) ** 2).sum(axis=1)).mean(), 1e-12)
    matrix = np.array([[scale, 0, -scale * centre[0]], [0, scale, -scale * centre[1]], [0, 0, 1]])
    return (points - centre) * scale, matrix


def plain_ransac(source: Points, target: Points) -> int:
    """Inliers of the best of 1000 affine transforms through three matches each."""
    rng = np.random.default_rng(0)
    best = 0
    for _ in range(TRIALS if len(source) >= 4 else 0):
        sample = rng.choice(len(source), 3, replace=False)
        matrix = fit_affine(source[sample], target[sample])
        mapped = np.column_stack([source, np.ones(len(source))]) @ matrix.T
        residual = np.sqrt(((mapped[:, :2] - target) ** 2).sum(axis=1))
        best = max(best, int((residual < SETTINGS.affine.threshold_px).sum()))
    return best


def usac(source: Points, target: Points) -> int:
    """Inliers by the project's estimator."""
    return int(estimate_affine(source, target, SETTINGS.affine, seed=0)[1].sum())


def right(inliers: list[int], pairs: NDArray[np.int64]) -> float:
    """Share of pairs whose verdict is the truth."""
    same = pairs[:, 0] // PHOTOGRAPHS == pairs[:, 1] // PHOTOGRAPHS
    return float(((np.asarray(inliers) > VERIFIED) == same).mean())


def compare(store: LocalFeatureStore, pairs: NDArray[np.int64]) -> None:
    """Both routes on some pairs, step by step, and both estimators on the same matches."""
    sides = [(store.features(i), store.features(j)) for i, j in pairs.tolist()]

    def points(matches: list[Matches]) -> list[tuple[Points, Points]]:
        return [
            (a.keypoints[m[:, 0]], b.keypoints[m[:, 1]]) for (a, b), m in zip(sides, matches, strict=True)
        ]

    by_tree, tree = timed(lambda: [tree_match(*side) for side in sides])
    by_product, product = timed(lambda: [product_match(*side) for side in sides], repeats=5)
    of_tree, of_product = points(by_tree), points(by_product)
    plain, loop = timed(lambda: [plain_ransac(*p) for p in of_tree])
    same, same_matches = timed(lambda: [usac(*p) for p in of_tree], repeats=5)
    ours, estimation = timed(lambda: [usac(*p) for p in of_product], repeats=5)
    n = len(pairs)
    print(
        f"matches a pair: kd-tree {np.mean([len(m) for m in by_tree]):.0f}, "
        f"mutual with ratio {np.mean([len(m) for m in by_product]):.0f}"
    )
    report("matching", n, tree, product)
    report("RANSAC on the kd-tree's matches", n, loop, same_matches)
    report("RANSAC on each one's own matches", n, loop, estimation)
    report("both, each one's own matches", n, tree + loop, product + estimation)
    print(
        f"right verdicts: plain {right(plain, pairs):.0%}, "
        f"USAC on the same matches {right(same, pairs):.0%}, ours {right(ours, pairs):.0%}"
    )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, default="S")
    parser.add_argument("--pairs", type=int, default=1000)
    arguments = parser.parse_args()
    keypoints, side = SIZES[arguments.size]
    extraction = RootSiftSettings(max_keypoints=keypoints, max_side=side, contrast_threshold=0.02)
    cv2.setNumThreads(1)
    taken = pictures(side)
    features, seconds = timed(lambda: [extract_root_sift(picture, extraction) for picture in taken])
    store = LocalFeatureStore.pack([f"{i:04d}" for i in range(len(taken))], features)
    print(
        f"RootSIFT, {side} px: {np.diff(store.offsets).mean():.0f} keypoints, "
        f"{1e3 * seconds / len(taken):.1f} ms a picture"
    )
    pairs = draw_pairs(arguments.pairs)
    verify_pairs(store, pairs[:4], SETTINGS, workers=1)  # compiles
    with threadpool_limits(1):
        compare(store, pairs[:N_PLAIN])
    evidence, seconds = timed(lambda: verify_pairs(store, pairs, SETTINGS, workers=1), repeats=3)
    print(
        f"verify_pairs, one process: {len(pairs) / seconds:.0f} pairs/s, "
        f"{right(evidence['inliers'].tolist(), pairs):.1%} right verdicts"
    )


if __name__ == "__main__":
    main()
