"""Soft voting (two-stage paper §3.2, Eq. 3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.voting.tally import tally, voters


def soft_vote(neighbours: Ranking, train_landmarks: NDArray[np.int64], k: int) -> LabelPrediction:
    """Predict the landmark whose training images among the `k` nearest are most similar in sum.

    `v(x, c) = (1/k) Σ_{x'∈N_k(x)} f(x')ᵀf(x)·1[label(x') = c]`, argmax and maximum over c. The sum is divided
    by k however few votes the winner has; negative cosines subtract. Ties: the landmark with the best single
    cosine, then the one first met.

    Args:
        neighbours: ranking of training rows for `(n,)` images, scored by cosine.
        train_landmarks: `(n_train,)` int64, 0 or more.
        k: number of neighbours that vote.

    Returns:
        `(n,)` predictions; `-1` with score 0 for an image without neighbours.

    Raises:
        DataError: the landmarks do not fit the ranking, or its lists are too short for `k`.
    """
    landmarks = voters(neighbours, train_landmarks, k)
    cosines = neighbours.scores[:, :k].astype(np.float64)
    winners, sums = tally(landmarks, np.where(np.isneginf(cosines), 0.0, cosines))
    return LabelPrediction(winners, (sums / k).astype(np.float32))
