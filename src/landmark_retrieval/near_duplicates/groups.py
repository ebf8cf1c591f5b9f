"""Pairs of images in groups of identical ones, linear in the size of a large group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from landmark_retrieval.arrays import Int64s
from landmark_retrieval.near_duplicates.hash_neighbours import HashPairs

if TYPE_CHECKING:
    pass


class DuplicateGroups:
    """Groups of identical images, listed as pairs within a group or between two.

    Up to `max_group` images of a group and a split are paired each with each. Above that, only the first
    image of each side is paired with all of the other side. So every image of a large group has a row with
    every split that holds another one, and rows grow with the images, not with their square.

    Args:
        groups: `(n,)` int64 group of each image, 0 to the number of groups - 1.
        splits: `(n,)` int64 code of the split (of a source) of each image.
        max_group: images paired each with each.
    """

    def __init__(self, groups: Int64s, splits: Int64s, max_group: int) -> None:
        self._order = np.lexsort((np.arange(len(groups)), splits, groups))
        self._splits, self._max_group = splits, max_group
        self.sizes = np.bincount(groups)
        self._starts = np.concatenate([[0], np.cumsum(self.sizes)])

    def within(self) -> HashPairs:
        """The pairs within each group, at distance 0."""
        pairs = [
            self._paired(a, b)
            for group in np.flatnonzero(self.sizes > 1)
            for parts in [self._parts(int(group))]
            for first, a in enumerate(parts)
            for b in parts[first:]
        ]
        rows = np.concatenate([np.empty((0, 2), np.int64), *pairs])
        return HashPairs.of(rows, np.zeros(len(rows), np.uint8))

    def between(self, pairs: HashPairs) -> HashPairs:
        """Pairs of images for pairs of groups, at the distance of the groups."""
        single = (self.sizes[pairs.rows] == 1).all(axis=1)
        rows = [self._order[self._starts[pairs.rows[single]]]]
        distances = [pairs.distances[single]]
        for (group, other), distance in zip(pairs.rows[~single], pairs.distances[~single], strict=True):
            for a in self._parts(int(group)):
                for b in self._parts(int(other)):
                    rows.append(self._paired(a, b))
                    distances.append(np.full(len(rows[-1]), distance, np.uint8))
        return HashPairs.of(np.concatenate(rows), np.concatenate(distances))

    def _parts(self, group: int) -> list[Int64s]:
        """The images of a group, split by split."""
        images = self._order[self._starts[group] : self._starts[group + 1]]
        return np.split(images, np.flatnonzero(np.diff(self._splits[images])) + 1)

    def _paired(self, a: Int64s, b: Int64s) -> Int64s:
        if max(len(a), len(b)) <= self._max_group:
            pairs = np.stack(np.meshgrid(a, b, indexing="ij"), axis=-1).reshape(-1, 2)
        else:
            left = np.concatenate([np.repeat(a[:1], len(b)), a[1:]])
            right = np.concatenate([b, np.repeat(b[:1], len(a) - 1)])
            pairs = np.stack([left, right], axis=1)
        if a is not b:
            return pairs
        return np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1), axis=0)
