"""Pairs of images of different landmarks that look alike: what they share is chance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.ranking import PADDING, Ranking


def different_landmark_pairs(
    ranking: Ranking,
    landmark_ids: NDArray[np.int64],
    copy_groups: NDArray[np.int64],
    n_pairs: int,
    seed: int,
) -> NDArray[np.int64]:
    """About `n_pairs` pairs of images with their nearest images of other landmarks.

    Images are taken in a random order; each is paired with the nearest image of the landmark nearest to it,
    then, in further rounds, of the next one, until there are enough pairs. A wrong label thus makes one pair
    that shows the same, not one for every photograph of the landmark it belongs to. Copies under two labels
    are no pair.

    Args:
        ranking: of all images among all images; query row `i` and index row `i` are the same image.
        landmark_ids: `(n,)` int64, of the images in row order.
        copy_groups: `(n,)` int64; images of one group are copies of each other.
        n_pairs: fewer where the lists hold fewer.
        seed: of the order of images.

    Returns:
        `(m, 2)` int64 rows, the smaller first, each pair once, ascending.
    """
    wanted = max(1, -(-n_pairs // max(len(landmark_ids), 1)))
    order = np.random.default_rng(seed).permutation(len(landmark_ids))
    rounds: list[list[tuple[int, int]]] = [[] for _ in range(wanted)]
    for image in order.tolist():
        if len(rounds[0]) >= n_pairs:
            break
        for round_, other in zip(
            rounds, _nearest_of_others(ranking, image, landmark_ids, copy_groups, wanted), strict=False
        ):
            round_.append((min(image, other), max(image, other)))
    chosen = list(dict.fromkeys(pair for round_ in rounds for pair in round_))[:n_pairs]
    return np.array(sorted(chosen), np.int64).reshape(-1, 2)


def _nearest_of_others(
    ranking: Ranking,
    image: int,
    landmark_ids: NDArray[np.int64],
    copy_groups: NDArray[np.int64],
    wanted: int,
) -> list[int]:
    """The first image of each of the `wanted` nearest other landmarks in an image's list."""
    listed = ranking.positions[image]
    listed = listed[listed != PADDING]
    listed = listed[landmark_ids[listed] != landmark_ids[image]]
    listed = listed[copy_groups[listed] != copy_groups[image]]
    _, first = np.unique(landmark_ids[listed], return_index=True)
    return listed[np.sort(first)[:wanted]].tolist()
