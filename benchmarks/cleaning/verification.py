"""Geometric verification of pairs of pictures against the route of the published code, in one run.

    … benchmarks/cleaning/verification.py [--size S M] [--pairs 1000] [--compared 20]

S has 500 keypoints a picture, M 1000; both with 128-d descriptors of bytes (RootSIFT) and 40-d ones of
float16 (DELF). The published route is a kd-tree of one picture, the nearest neighbour of each descriptor of
the other within 0.8, and scikit-image's `ransac` of an affine transform, 1000 trials, 20 px; where
scikit-image is not installed, a loop that does the same. Ours runs with the same settings, then with those of
the project (mutual neighbours, ratio test, 6 px). All get the same planted features and one
thread; half of the pairs show one scene, with 5 to 40 % of the keypoints in common, and a verdict is right if
it says so.

First the affine consensus alone against OpenCV's (`estimateAffine2D` with USAC): sets of
matches of which some agree on a planted transform and the others lie anywhere, in random order and with the
agreeing ones first. A set is found if four of five of its planted matches are among the inliers.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable
from importlib.util import find_spec
from time import process_time
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from landmark_retrieval.embeddings import normalise
from landmark_retrieval.local_features.features import LocalFeatures
from landmark_retrieval.local_features.storage.store import LocalFeatureStore
from landmark_retrieval.parallel.one_thread import one_thread
from landmark_retrieval.verification.affine import AffineSettings
from landmark_retrieval.verification.consensus import find_transform
from landmark_retrieval.verification.homography import usac_parameters
from landmark_retrieval.verification.matching import MatchingSettings, match, match_prepared
from landmark_retrieval.verification.nearest import NearestByProduct
from landmark_retrieval.verification.pairs import verify_pairs
from landmark_retrieval.verification.products import PreparedDescriptors, product
from landmark_retrieval.verification.settings import VerificationSettings
from timing import report, timed

SIZES = {"S": 500, "M": 1000}
"""Keypoints a picture."""

KINDS: dict[str, tuple[int, Literal["uint8", "float16"]]] = {
    "128-d uint8": (128, "uint8"),
    "40-d float16": (40, "float16"),
}

SETTINGS = VerificationSettings(
    matching=MatchingSettings(method="product", mutual=True, max_distance=0.9, ratio=0.85),
    consensus=AffineSettings(threshold_px=6.0, iterations=1000, confidence=0.999),
    seed=0,
)
PUBLISHED = VerificationSettings(
    matching=MatchingSettings(method="product", mutual=False, max_distance=0.8, ratio=None),
    consensus=AffineSettings(threshold_px=20.0, iterations=1000, confidence=0.999),
    seed=0,
)
TRIALS, VERIFIED, SIDE, WORDS = 1000, 31, 640, 300

PLANTED = ((200, 0), (540, 0), (200, 15), (540, 40), (200, 40), (200, 120), (540, 350))
"""Matches of a set, and how many of them agree."""
SETS = 200
CONSENSUS = AffineSettings(threshold_px=6.0, iterations=2000, confidence=0.999)

Points = NDArray[np.float32]
Matches = NDArray[np.int64]
Match = Callable[[LocalFeatures, LocalFeatures], Matches]


def describe(rng: np.random.Generator, n: int, words: NDArray[np.float64], as_bytes: bool) -> NDArray:
    """Descriptors around visual words: most of them have one of another picture within 0.8."""
    dim = words.shape[1]
    noise = rng.normal(0, 0.55 / np.sqrt(dim), (n, dim))
    described = words[rng.integers(0, len(words), n)] + noise
    return normalise(np.abs(described) if as_bytes else described)


def make_store(n: int, kind: str, n_pairs: int) -> LocalFeatureStore:
    """Two views of each pair, one after the other; those of an even pair share some keypoints."""
    rng = np.random.default_rng(0)
    dim, encoding = KINDS[kind]
    as_bytes = encoding == "uint8"
    words = normalise(
        np.sqrt(rng.gamma(0.5, size=(WORDS, dim))) if as_bytes else rng.normal(size=(WORDS, dim))
    )
    features = []
    for pair in range(n_pairs):
        points = [rng.uniform(0, SIDE, (n, 2)) for _ in range(2)]
        described = [describe(rng, n, words, as_bytes) for _ in range(2)]
        if pair % 2 == 0:
            shared = int(n * rng.uniform(0.05, 0.4))
            matrix = np.eye(2) * rng.uniform(0.7, 1.1) + rng.normal(0, 0.1, (2, 2))
            points[1][:shared] = points[0][:shared] @ matrix.T + 20 + rng.normal(0, 1.5, (shared, 2))
            noisy = described[0][:shared] + rng.normal(0, 0.25 / np.sqrt(dim), (shared, dim))
            described[1][:shared] = normalise(np.abs(noisy) if as_bytes else noisy)
        for place, descriptors in zip(points, described, strict=True):
            inside = np.clip(place, 0, 2 * SIDE).astype(np.float32)
            features.append(LocalFeatures(inside, descriptors.astype("f4"), np.ones(n, "f4"), encoding))
    return LocalFeatureStore.pack([f"{i:06d}" for i in range(2 * n_pairs)], features)


def tree_match(first: LocalFeatures, second: LocalFeatures) -> Matches:
    """Nearest neighbour in `first` of each descriptor of `second` within the bound."""
    distance, nearest = cKDTree(first.descriptors).query(
        second.descriptors, distance_upper_bound=PUBLISHED.matching.max_distance
    )
    columns = np.flatnonzero(np.isfinite(distance))
    return np.stack([nearest[columns], columns], axis=1)


def library_ransac(source: Points, target: Points) -> int:
    """Inliers by scikit-image."""
    from skimage.measure import ransac
    from skimage.transform import AffineTransform

    if len(source) < 4:
        return 0
    _, inliers = ransac(
        (source, target),
        AffineTransform,
        min_samples=3,
        residual_threshold=PUBLISHED.consensus.threshold_px,
        max_trials=TRIALS,
        rng=0,
    )
    return 0 if inliers is None else int(inliers.sum())


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
    """Inliers of the best of 1000 affine transforms through three matches each, by a loop."""
    rng = np.random.default_rng(0)
    best = 0
    for _ in range(TRIALS if len(source) >= 4 else 0):
        sample = rng.choice(len(source), 3, replace=False)
        matrix = fit_affine(source[sample], target[sample])
        mapped = np.column_stack([source, np.ones(len(source))]) @ matrix.T
        residual = np.sqrt(((mapped[:, :2] - target) ** 2).sum(axis=1))
        best = max(best, int((residual < PUBLISHED.consensus.threshold_px).sum()))
    return best


def published_ransac(source: Points, target: Points) -> int:
    """Inliers by scikit-image, or by a loop where it is not installed."""
    return (library_ransac if find_spec("skimage") else plain_ransac)(source, target)


def right(inliers: Any) -> float:
    """Share of pairs, of which those in even places show one scene, whose verdict is the truth."""
    return float(((np.asarray(inliers) >= VERIFIED) == (np.arange(len(inliers)) % 2 == 0)).mean())


def plant(n: int, n_agreeing: int, seed: int, shuffled: bool) -> tuple[Points, Points, NDArray[np.bool_]]:
    """Source and target of matches, and which of them agree on an affine transform up to 1.5 px."""
    rng = np.random.default_rng([n, n_agreeing, seed])
    source, target = rng.uniform(0, SIDE, (2, n, 2))
    matrix = np.eye(2) * rng.uniform(0.7, 1.1) + rng.normal(0, 0.1, (2, 2))
    target[:n_agreeing] = source[:n_agreeing] @ matrix.T + 20 + rng.normal(0, 1.5, (n_agreeing, 2))
    order = rng.permutation(n) if shuffled else np.arange(n)
    return source[order].astype("f4"), target[order].astype("f4"), order < n_agreeing


def opencv_inliers(source: Points, target: Points, seed: int) -> NDArray[np.bool_]:
    """Inliers of OpenCV's consensus with our threshold and effort."""
    _, inliers = cv2.estimateAffine2D(source, target, usac_parameters(CONSENSUS, seed))
    return np.zeros(len(source), bool) if inliers is None else np.asarray(inliers).ravel() > 0


def our_inliers(source: Points, target: Points, seed: int) -> NDArray[np.bool_]:
    """Inliers of ours."""
    return find_transform(source, target, CONSENSUS, seed)[1]


def compare_consensus() -> None:
    """Recall and processor time of both on planted sets."""
    our_inliers(*plant(200, 120, 0, True)[:2], 0)  # compiles
    print("== affine consensus: sets found and ms of processor time a set, OpenCV / here")
    for shuffled in (True, False):
        for n, n_agreeing in PLANTED:
            sets = [plant(n, n_agreeing, seed, shuffled) for seed in range(SETS)]
            cells = []
            for find in (opencv_inliers, our_inliers):
                started = process_time()
                masks = [find(a, b, seed) for seed, (a, b, _) in enumerate(sets)]
                seconds = process_time() - started
                agree = [(mask & true).sum() for mask, (_, _, true) in zip(masks, sets, strict=True)]
                found = sum(k >= max(1, 0.8 * n_agreeing) for k in agree)
                most = max(mask.sum() for mask in masks)
                told = f"{found}/{SETS}" if n_agreeing else f"at most {most} inliers"
                cells.append(f"{told}, {1e3 * seconds / SETS:.2f} ms")
            order = "random order" if shuffled else "agreeing first"
            print(f"{n_agreeing} of {n}, {order}: {' / '.join(cells)}")


def compare(store: LocalFeatureStore, n: int) -> None:
    """Both routes on the first pairs with the published settings, step by step."""
    sides = [(store.features(2 * i), store.features(2 * i + 1)) for i in range(n)]
    stored = [(store.stored(2 * i), store.stored(2 * i + 1)) for i in range(n)]
    by_tree, tree = timed(lambda: [tree_match(*side) for side in sides])

    def ours_matched(settings: MatchingSettings) -> list[Matches]:
        return [match(a.descriptors, b.descriptors, settings) for a, b in stored]

    def points(matches: list[Matches]) -> list[tuple[Points, Points]]:
        pairs = zip(sides, matches, strict=True)
        return [
            (a.keypoints[rows], b.keypoints[columns])
            for (a, b), (rows, columns) in ((side, found.T) for side, found in pairs)
        ]

    def ours_found(matches: list[Matches]) -> list[int]:
        return [
            int(find_transform(*p, PUBLISHED.consensus, seed)[1].sum())
            for seed, p in enumerate(points(matches))
        ]

    by_product, product_time = timed(lambda: ours_matched(PUBLISHED.matching), repeats=5)
    published, loop = timed(lambda: [published_ransac(*p) for p in points(by_tree)])
    ours, consensus = timed(lambda: ours_found(by_tree), repeats=5)
    by = "scikit-image" if find_spec("skimage") else "a loop; scikit-image is not installed"
    print(f"published settings, RANSAC by {by}; {np.mean([len(m) for m in by_tree]):.0f} matches a pair")
    report("matching", n, tree, product_time)
    report("consensus on the kd-tree's matches", n, loop, consensus)
    report("pair", n, tree + loop, product_time + consensus)
    print(
        f"right verdicts: published {right(published):.0%}, ours on the same matches {right(ours):.0%}, "
        f"ours {right(ours_found(by_product)):.0%}; ours at its own settings "
        f"{right(verify(store, n, SETTINGS)):.0%}"
    )


def verify(store: LocalFeatureStore, n: int, settings: VerificationSettings) -> NDArray[np.int32]:
    """Inliers of the first pairs by `verify_pairs`, one process."""
    pairs = np.arange(2 * n, dtype=np.int64).reshape(n, 2)
    return verify_pairs(store, pairs, settings, workers=1).inliers


def split(store: LocalFeatureStore, n: int) -> None:
    """Where the time of a pair goes at the project's settings."""
    rows = range(2 * n)

    def read() -> list[tuple[Points, PreparedDescriptors]]:
        stored = [store.stored(i) for i in rows]
        return [(each.keypoints, PreparedDescriptors.of(each.descriptors)) for each in stored]

    images, reading = timed(read, repeats=3)
    pairs = [(images[i], images[i + 1]) for i in rows[::2]]
    _, products = timed(lambda: [product(a, b) for (_, a), (_, b) in pairs], repeats=3)
    _, columns = timed(lambda: [NearestByProduct(a, b).of_columns() for (_, a), (_, b) in pairs], repeats=3)
    matches, matching = timed(
        lambda: [match_prepared(a, b, SETTINGS.matching) for (_, a), (_, b) in pairs], repeats=3
    )

    def search() -> None:
        for seed, ((one, _), (other, _)) in enumerate(pairs):
            found = matches[seed]
            find_transform(one[found[:, 0]], other[found[:, 1]], SETTINGS.consensus, seed)

    _, consensus = timed(search, repeats=3)
    parts = {
        "reading (both images anew)": reading,
        "product": products,
        "best of columns": columns - products,
        "best of rows, bounds": matching - columns,
        "consensus": consensus,
    }
    print("ms a pair: " + ", ".join(f"{name} {1e3 * seconds / n:.3f}" for name, seconds in parts.items()))


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, nargs="+", default=["S"])
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--compared", type=int, default=20)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    with one_thread():
        cv2.setNumThreads(1)
        compare_consensus()
    for size in arguments.size:
        for kind in KINDS:
            print(f"== {SIZES[size]} keypoints, {kind}")
            store = make_store(SIZES[size], kind, arguments.pairs)
            verify(store, 4, SETTINGS)  # compiles
            with one_thread():
                compare(store, min(arguments.compared, arguments.pairs))
                split(store, min(100, arguments.pairs))
            for name, settings in (("own", SETTINGS), ("published", PUBLISHED)):
                inliers, seconds = timed(verify, store, arguments.pairs, settings, repeats=3)
                print(
                    f"verify_pairs, one process, {name} settings: {arguments.pairs / seconds:.0f} pairs/s, "
                    f"{right(inliers):.1%} right verdicts"
                )


if __name__ == "__main__":
    main()
