"""Votes summed by landmark."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError
from landmark_retrieval.prediction import UNKNOWN
from landmark_retrieval.ranking import PADDING, Ranking


def voters(neighbours: Ranking, train_landmarks: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """Landmarks of the `k` nearest training images, `(n, k)` int64, `-1` where there are fewer.

    Raises:
        DataError: the landmarks do not fit the index of the ranking, one is negative, or the lists are
            shorter than both `k` and the training set.
    """
    if train_landmarks.shape != (neighbours.n_index,):
        raise DataError(f"train landmarks: expected ({neighbours.n_index},), found {train_landmarks.shape}")
    if (train_landmarks < 0).any():
        raise DataError(f"train landmarks: expected 0 or more, found {train_landmarks.min()}")
    if k < 1 or neighbours.depth < min(k, neighbours.n_index):
        raise DataError(f"votes of {k} neighbours: the lists have depth {neighbours.depth}")
    rows = neighbours.positions[:, :k]
    landmarks = np.full(rows.shape, UNKNOWN, dtype=np.int64)
    landmarks[rows != PADDING] = train_landmarks[rows[rows != PADDING]]
    return landmarks


def tally(
    landmarks: NDArray[np.int64], votes: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The landmark with the largest sum of votes, and that sum.

    Columns stand in neighbour order, so that of equal sums the one first met has the best single cosine, then
    the lowest rank; two landmarks never share a rank, so nothing is left to decide.

    Args:
        landmarks: `(n, k)` int64, `-1` where nobody votes.
        votes: `(n, k)` float64.

    Returns:
        `(n,)` int64, `-1` where nobody votes, and `(n,)` float64, 0 there.
    """
    if landmarks.shape[1] == 0:
        return np.full(len(landmarks), UNKNOWN, dtype=np.int64), np.zeros(len(landmarks))
    sums = np.zeros(landmarks.shape)
    for column in range(landmarks.shape[1]):
        sums += np.where(landmarks == landmarks[:, column, None], votes[:, column, None], 0.0)
    sums[landmarks == UNKNOWN] = -np.inf
    best = sums.argmax(axis=1)[:, None]
    winners = np.take_along_axis(landmarks, best, axis=1)[:, 0]
    largest = np.take_along_axis(sums, best, axis=1)[:, 0]
    return winners, np.where(winners == UNKNOWN, 0.0, largest)
