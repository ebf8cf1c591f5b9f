"""Nearest neighbours of the same landmark: the pairs of images that are verified."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import PADDING, Ranking

BLOCK = 16_384
"""Images whose lists are filtered at once."""


def same_landmark_neighbours(
    ranking: Ranking,
    landmark_ids: NDArray[np.int64],
    max_neighbours: int,
    copy_groups: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """For each image its nearest neighbours of the same landmark (two-stage paper §4), in rank order.

    An image is never its own neighbour, whatever its rank in its own list (a duplicate may come first). Nor
    is a copy of it, where copies are known: that a picture agrees with itself does not tell what it shows.

    Args:
        ranking: of all images among all images: query row `i` and index row `i` are the same image.
        landmark_ids: `(n,)` int64, of the images in row order.
        max_neighbours: after how many of the same landmark a list ends; copies take no place.
        copy_groups: `(n,)` int64, images of one group are copies of each other; None lets copies count.

    Returns:
        `(m, 2)` int64 rows (image, neighbour), by image, then by rank.

    Raises:
        DataError: ranking and landmarks are not of the same images.
    """
    groups = np.arange(len(landmark_ids)) if copy_groups is None else copy_groups
    if not ranking.n_queries == ranking.n_index == len(landmark_ids):
        found_sizes = f"{ranking.n_queries} images among {ranking.n_index} with {len(landmark_ids)} landmarks"
        raise DataError(f"neighbours of {found_sizes}: expected the same number three times")
    found = [np.zeros((0, 2), np.int64)]
    for start in range(0, ranking.n_queries, BLOCK):
        positions = ranking.positions[start : start + BLOCK]
        rows = np.arange(start, start + len(positions))
        same = (landmark_ids[positions] == landmark_ids[rows, None]) & (positions != PADDING)
        same &= (positions != rows[:, None]) & (groups[positions] != groups[rows, None])
        same &= same.cumsum(axis=1, dtype=np.int32) <= max_neighbours
        images, ranks = np.nonzero(same)
        found.append(np.stack([rows[images], positions[images, ranks]], axis=1).astype(np.int64))
    return np.concatenate(found)
