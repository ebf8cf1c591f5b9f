"""Geometric verification of single image pairs, with a cache of their features."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.local_features.storage.store import LocalFeatureStore
from landmark_retrieval.parallel.one_thread import one_thread
from landmark_retrieval.storage.parts import Arrays
from landmark_retrieval.verification.consensus import Matrix, find_transform
from landmark_retrieval.verification.evidence import POINT_STEPS
from landmark_retrieval.verification.matcher import Matcher, make_matcher
from landmark_retrieval.verification.settings import VerificationSettings

REMEMBERED = 256
"""Images whose features are cached; pairs are sorted by their first image, and neighbours recur."""


class _Image(NamedTuple):
    keypoints: NDArray[np.float32]
    prepared: Any


class _Found(NamedTuple):
    matches: int
    matrix: Matrix | None
    points: tuple[NDArray[np.float32], NDArray[np.float32]]


class PairVerifier:
    """Verifies pairs of rows of two stores, remembering the features it read last."""

    def __init__(
        self, store: LocalFeatureStore, others: LocalFeatureStore, settings: VerificationSettings
    ) -> None:
        self._ids = store.image_ids, others.image_ids
        self._matcher = make_matcher(settings.matching)
        self._first = _reader(store, self._matcher)
        self._second = self._first if others is store else _reader(others, self._matcher)
        self._settings = settings

    def count(self, pairs: NDArray[np.int64]) -> Arrays:
        """Number of matches and of inliers of `(m, 2)` rows: `matches` and `inliers`, `(m,)` int32."""
        return _counts(self._verify_all(pairs))

    def evidence(self, pairs: NDArray[np.int64]) -> Arrays:
        """The same with `transforms` and `matched`, as `Evidence` has them."""
        found = self._verify_all(pairs)
        transforms = np.full((len(pairs), 3, 3), np.nan, np.float32)
        for transform, each in zip(transforms, found, strict=True):
            if each.matrix is not None:
                transform[:] = each.matrix
        points = [np.column_stack(each.points) for each in found]
        matched = np.concatenate([np.zeros((0, 4), np.float32), *points])
        return {
            **_counts(found),
            "transforms": transforms,
            "matched": np.rint(matched * POINT_STEPS).astype(np.uint16),
        }

    def _verify_all(self, pairs: NDArray[np.int64]) -> list[_Found]:
        with one_thread():
            return [self._verify(*pair) for pair in pairs.tolist()]

    def _verify(self, first: int, second: int) -> _Found:
        """Estimated from the smaller id to the other, returned from the first to the second."""
        ids = str(self._ids[0][first]), str(self._ids[1][second])
        source, target = self._first(first), self._second(second)
        is_swapped = ids[1] < ids[0]
        if is_swapped:
            source, target = target, source
        rows, columns = self._matcher.match(source.prepared, target.prepared).T
        points = source.keypoints[rows], target.keypoints[columns]
        seed = pair_seed(*ids, self._settings.seed)
        matrix, inlier = find_transform(*points, self._settings.consensus, seed)
        sides = points[0][inlier], points[1][inlier]
        if is_swapped:
            matrix, sides = _inverse(matrix), sides[::-1]
        return _Found(len(rows), matrix, sides)


def pair_seed(first_id: str, second_id: str, seed: int) -> int:
    """Seed of a pair's sampling in 0..2³¹−1, the same for either order of the ids."""
    key = "\n".join([*sorted([first_id, second_id]), str(seed)])
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=4).digest()) >> 1


def _reader(store: LocalFeatureStore, matcher: Matcher) -> Callable[[int], _Image]:
    @lru_cache(REMEMBERED)
    def read(row: int) -> _Image:
        features = store.stored(row)
        return _Image(features.keypoints, matcher.prepare(str(store.image_ids[row]), features))

    return read


def _counts(found: list[_Found]) -> Arrays:
    return {
        "matches": np.array([each.matches for each in found], np.int32),
        "inliers": np.array([len(each.points[0]) for each in found], np.int32),
    }


def _inverse(matrix: Matrix | None) -> Matrix | None:
    if matrix is None:
        return None
    inverse = np.linalg.inv(matrix)
    return inverse / inverse[2, 2]
