"""Spatial verification of a shortlist of 100 against a loop over the published route, in one run.

    PYTHONPATH=src python benchmarks/spatial_verification.py [--size S|M] [--workers 2]

S has 20 queries and 500 keypoints an image, M 100 queries and 1000 keypoints. A fifth of each shortlist shows
the query's scene by an affine view, the rest shows nothing of it. The loop matches each pair by a kd-tree and
estimates by 1000 plain trials (see verification.py); it runs on part of one shortlist, and the time
of all follows from it.
"""

from __future__ import annotations

import argparse
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from landmark_retrieval.embeddings import normalise
from landmark_retrieval.local_features.features import LocalFeatures
from landmark_retrieval.local_features.storage.store import LocalFeatureStore
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.geometry import Geometry
from landmark_retrieval.reranking.shortlist.spatial_verification import sort_by_inliers
from timing import report
from verification import SETTINGS, plain_ransac, tree_match

SIZES = {"S": (20, 500), "M": (100, 1000)}
"""Queries, and keypoints an image."""

SHORTLIST, TRUE_EVERY, PER_SCENE, DIM, N_LOOP = 100, 5, 20, 128, 20

Scene = tuple[NDArray[np.float64], NDArray[np.float32]]


def scene(rng: np.random.Generator, n: int) -> Scene:
    """Places in a picture and their descriptors, non-negative as RootSIFT is."""
    histograms = normalise(rng.gamma(0.4, size=(n, DIM)).astype(np.float32))
    return rng.uniform(0, 600, (n, 2)), normalise(np.sqrt(histograms))


def view(rng: np.random.Generator, of: Scene) -> LocalFeatures:
    """An affine view that keeps three places in ten, among others of nothing."""
    points, descriptors = of
    n = len(points)
    kept = rng.permutation(n)[: 3 * n // 10]
    matrix = np.eye(2) * rng.uniform(0.6, 1.4) + rng.normal(0, 0.1, (2, 2))
    moved = points[kept] @ matrix.T + 300 + rng.normal(0, 1, (len(kept), 2))
    noisy = np.abs(descriptors[kept] + rng.normal(0, 0.02, (len(kept), DIM)))
    others = scene(rng, n - len(kept))
    keypoints = np.concatenate([moved, others[0]]).astype(np.float32)
    described = normalise(np.concatenate([noisy, others[1]]))
    return LocalFeatures(keypoints, described, np.ones(n, np.float32), "uint8")


def make_world(n_queries: int, keypoints: int) -> tuple[Geometry, Ranking, NDArray[np.bool_]]:
    """Local features, shortlists, and which image of a shortlist shows the query's scene."""
    rng = np.random.default_rng(0)
    n_scenes = -(-n_queries // 4)
    scenes = [scene(rng, keypoints) for _ in range(n_scenes)]
    index = [view(rng, s) for s in scenes for _ in range(PER_SCENE)]
    index += [view(rng, scene(rng, keypoints)) for _ in range(2 * SHORTLIST)]
    queries = [view(rng, scenes[i % n_scenes]) for i in range(n_queries)]
    positions = np.empty((n_queries, SHORTLIST), np.int64)
    true = np.zeros(positions.shape, bool)
    true[:, ::TRUE_EVERY] = True
    for i, row in enumerate(positions):
        row[true[i]] = rng.permutation(PER_SCENE) + PER_SCENE * (i % n_scenes)
        row[~true[i]] = rng.permutation(2 * SHORTLIST)[: (~true[i]).sum()] + PER_SCENE * n_scenes
    scores = np.tile(np.linspace(1, 0.5, SHORTLIST, dtype=np.float32), (n_queries, 1))
    stores = [
        LocalFeatureStore.pack([f"{side}{i}" for i in range(len(each))], each)
        for side, each in (("q", queries), ("x", index))
    ]
    return Geometry(*stores, SETTINGS), Ranking(positions, scores, len(index)), true


def loop_list(geometry: Geometry, query: int, listed: NDArray[np.int64]) -> list[int]:
    """The images of one list, sorted by the inliers of the published route."""
    one, inliers = geometry.queries.features(query), []
    for row in listed:
        other = geometry.index.features(row)
        rows, columns = tree_match(one, other).T
        inliers.append(plain_ransac(one.keypoints[rows], other.keypoints[columns]))
    return listed[np.argsort(-np.asarray(inliers), kind="stable")].tolist()


def share_first(found: NDArray[np.int64] | list[int], true: NDArray[np.int64]) -> float:
    """How many of the true images stand before all others."""
    return float(np.isin(found[: len(true)], true).mean())


def main() -> None:
    """Make the world, time both sides, and see where the true images end up."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, default="S")
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    n_queries, keypoints = SIZES[arguments.size]
    geometry, ranking, true = make_world(n_queries, keypoints)
    geometry = Geometry(geometry.queries, geometry.index, SETTINGS, arguments.workers)
    part = ranking.positions[0, :N_LOOP]
    with threadpool_limits(1):
        started = perf_counter()
        listed = loop_list(geometry, 0, part)
        loop = (perf_counter() - started) * SHORTLIST / N_LOOP * n_queries
    sort_by_inliers(ranking, geometry, 1)  # compiles
    started = perf_counter()
    found = sort_by_inliers(ranking, geometry, SHORTLIST)
    ours = perf_counter() - started
    report("spatial verification", n_queries, loop, ours)
    print(f"{n_queries * SHORTLIST / ours:.0f} pairs/s with {arguments.workers} process(es)")
    first = [
        share_first(list_, listed_[true_])
        for list_, listed_, true_ in zip(found.positions, ranking.positions, true, strict=True)
    ]
    of_loop = share_first(listed, part[true[0, :N_LOOP]])
    print(f"true images before all others: {np.mean(first):.1%}, by the loop {of_loop:.1%} of its part")


if __name__ == "__main__":
    main()
