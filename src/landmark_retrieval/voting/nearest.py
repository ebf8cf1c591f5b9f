"""The nearest landmarks of images: how similar each landmark's most similar training image is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from landmark_retrieval.arrays import Bools, Float32s, Floats, Int64s
from landmark_retrieval.prediction import UNKNOWN
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.voting.votes import TrainSet

_DEEPEST = 4_096  # neighbours among which landmarks are looked for
_ENTRIES = 2**22  # of lists held at once

Allowed = Callable[[Int64s, Int64s], Bools]
"""From rows of images `(r,)` and of training images `(r, d)` to whether these may vote, `(r, d)`."""


@dataclass(frozen=True, eq=False)
class NearestLandmarks:
    """Landmarks by their most similar training image, best first.

    Attributes:
        landmark_ids: `(n, m)` int64, each once in a row, `-1` pads.
        cosines: `(n, m)` float32, non-increasing in a row, `-inf` where padded.
        sizes: `(n, m)` int64, training images of each landmark, 0 where padded.
    """

    landmark_ids: Int64s
    cosines: Float32s
    sizes: Int64s

    def __len__(self) -> int:
        return len(self.landmark_ids)

    def __getitem__(self, rows: Bools | slice) -> NearestLandmarks:
        return NearestLandmarks(self.landmark_ids[rows], self.cosines[rows], self.sizes[rows])


def nearest_landmarks(
    vectors: Floats, train: TrainSet, m: int, allowed: Allowed | None = None
) -> NearestLandmarks:
    """The `m` nearest landmarks of each image, among its 4,096 nearest training images.

    An image whose neighbours are all of few landmarks is searched deeper and deeper, so that one landmark
    with many photographs does not hide the others.

    Args:
        vectors: `(n, dim)`, L2-normalised.
        train: the labelled images.
        m: landmarks wanted of each image.
        allowed: training images that may vote on an image; all by default.
    """
    n, n_train = len(vectors), len(train.embeddings)
    found = NearestLandmarks(
        np.full((n, m), UNKNOWN, np.int64), np.full((n, m), -np.inf, np.float32), np.zeros((n, m), np.int64)
    )
    deepest = min(n_train, _DEEPEST)
    depth, pending = min(4 * m, deepest), np.arange(n if n_train else 0)
    while len(pending):
        for start in range(0, len(pending), max(1, _ENTRIES // depth)):
            rows = pending[start : start + max(1, _ENTRIES // depth)]
            lists = search(vectors[rows], train.embeddings, depth)
            may_vote = None if allowed is None else allowed(rows, lists.positions)
            landmarks = train.landmark_ids[lists.positions]
            if may_vote is not None:
                landmarks = np.where(may_vote, landmarks, UNKNOWN)
            found.landmark_ids[rows], found.cosines[rows] = _first_of_each(landmarks, lists.scores, m)
        pending = pending[(found.landmark_ids[pending] == UNKNOWN).any(axis=1)]
        if depth == deepest:
            break
        depth = min(4 * depth, deepest)
    landmarks, counts = np.unique(train.landmark_ids, return_counts=True)
    if len(landmarks):
        column = np.minimum(np.searchsorted(landmarks, found.landmark_ids), len(landmarks) - 1)
        found.sizes[:] = np.where(found.landmark_ids == UNKNOWN, 0, counts[column])
    return found


def _first_of_each(landmarks: Int64s, scores: Float32s, m: int) -> tuple[Int64s, Float32s]:
    """Landmarks and scores of the first `m` places at which a landmark occurs for the first time."""
    order = np.argsort(landmarks, axis=1, kind="stable")
    together = np.take_along_axis(landmarks, order, axis=1)
    begins = np.ones(together.shape, dtype=np.bool_)
    begins[:, 1:] = together[:, 1:] != together[:, :-1]
    first = np.empty_like(begins)
    np.put_along_axis(first, order, begins & (together != UNKNOWN), axis=1)
    places = np.argsort(~first, axis=1, kind="stable")[:, :m]
    there = np.take_along_axis(first, places, axis=1)
    chosen = np.full((len(landmarks), m), UNKNOWN, np.int64)
    cosines = np.full(chosen.shape, -np.inf, np.float32)
    width = places.shape[1]
    chosen[:, :width] = np.where(there, np.take_along_axis(landmarks, places, axis=1), UNKNOWN)
    cosines[:, :width] = np.where(there, np.take_along_axis(scores, places, axis=1), -np.inf)
    return chosen, cosines
