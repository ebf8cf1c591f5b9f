"""Recognition: one landmark and its confidence per query.

The score of the 3rd-place solution of Google Landmark Recognition 2019 is that of `submit_recognition.py`.
"""

from __future__ import annotations

import numpy as np

from landmark_retrieval.arrays import Int64s
from landmark_retrieval.errors import DataError
from landmark_retrieval.prediction import UNKNOWN, LabelPrediction
from landmark_retrieval.voting.settings import RecognitionSettings
from landmark_retrieval.voting.votes import Votes

NOT_VERIFIED = -1


def recognise(predictions: LabelPrediction, votes: Votes, settings: RecognitionSettings) -> LabelPrediction:
    """Landmark and confidence of each query by the method of the settings, from soft voting or the votes.

    Raises:
        DataError: there are fewer votes than the settings require.
    """
    if settings.method == "soft_voting":
        return predictions
    return demote_distractors(third_place_scores(votes, settings.votes), settings.max_images)


def third_place_scores(
    votes: Votes, k: int, inliers: Int64s | None = None, full_inliers: int = 70
) -> LabelPrediction:
    """Landmark with the largest `Σ (1 − d²) + min(full, inliers)/full` over the `k` nearest training images.

    `d² = 2 − 2cos` is the squared distance of normalised embeddings, so a neighbour below a cosine of ½
    subtracts. The second term counts for verified pairs only; the sum is not divided by `k`. Ties and images
    without neighbours as in soft voting.

    Args:
        votes: of `(n,)` images, of `k` neighbours or more.
        k: number of neighbours that vote.
        inliers: `(n, k)` or wider, inliers of each pair, `-1` where it was not verified.
        full_inliers: inliers that earn the whole bonus of 1.

    Raises:
        DataError: there are fewer than `k` neighbours, or the inliers are of other pairs.
    """
    from landmark_retrieval.voting.vote_kernels import largest_sums

    voting = votes.nearest(k)
    values = 2.0 * voting.cosines.astype(np.float64) - 1.0
    if inliers is not None:
        if inliers.shape[0] != len(values) or inliers.shape[1] < k:
            raise DataError(f"inliers: expected {values.shape}, found {inliers.shape}")
        counts = inliers[:, :k]
        values += np.where(counts == NOT_VERIFIED, 0.0, np.minimum(counts, full_inliers) / full_inliers)
    winners, sums = largest_sums(voting.landmark_ids, values)
    return LabelPrediction(winners, sums.astype(np.float32))


def demote_distractors(prediction: LabelPrediction, max_images: int) -> LabelPrediction:
    """Landmarks predicted for more than `max_images` images get the confidence `−(number of images)`."""
    _, group, sizes = np.unique(prediction.landmark_ids, return_inverse=True, return_counts=True)
    counts = sizes[group]
    distractor = (counts > max_images) & (prediction.landmark_ids != UNKNOWN)
    scores = np.where(distractor, -counts, prediction.scores).astype(np.float32)
    return LabelPrediction(prediction.landmark_ids, scores)
