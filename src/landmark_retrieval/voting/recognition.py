"""Recognition as in the 3rd-place solution of Google Landmark Recognition 2019 (`submit_recognition.py`)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandera.typing import DataFrame
from pydantic import Field

from landmark_retrieval.configuration import Settings
from landmark_retrieval.errors import DataError
from landmark_retrieval.prediction import UNKNOWN, LabelPrediction
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.tables import Predictions
from landmark_retrieval.voting.votes import collect_votes

NOT_VERIFIED = -1


class RecognitionSettings(Settings):
    """How recognition is scored.

    Attributes:
        n_neighbours: training images that vote.
        full_inliers: inliers that earn the whole bonus of 1 for a verified pair.
        max_images: a landmark predicted for more images than this is taken for a distractor.
    """

    n_neighbours: int = Field(gt=0)
    full_inliers: int = Field(gt=0)
    max_images: int = Field(gt=0)


def recognise(
    image_ids: NDArray[np.str_],
    neighbours: Ranking,
    train_landmarks: NDArray[np.int64],
    settings: RecognitionSettings,
    inliers: NDArray[np.int64] | None = None,
) -> DataFrame[Predictions]:
    """One landmark and its confidence for each image; `-1` where there is no neighbour.

    Args:
        image_ids: `(n,)` str.
        neighbours: ranking of training rows for the images, scored by cosine.
        train_landmarks: `(n_train,)` int64.
        settings: neighbours, inlier bonus, distractor rule.
        inliers: as in `recognition_scores`.

    Raises:
        DataError: the arrays do not fit each other.
    """
    if len(image_ids) != neighbours.n_queries:
        raise DataError(f"recognition: expected {neighbours.n_queries} image ids, found {len(image_ids)}")
    prediction = recognition_scores(
        neighbours, train_landmarks, settings.n_neighbours, settings.full_inliers, inliers
    )
    prediction = demote_distractors(prediction, settings.max_images)
    table = pd.DataFrame(
        {
            "image_id": pd.Series(image_ids, dtype="str"),
            "landmark_id": prediction.landmark_ids,
            "score": prediction.scores.astype(np.float64),
        }
    )
    return Predictions.validate(table)


def recognition_scores(
    neighbours: Ranking,
    train_landmarks: NDArray[np.int64],
    k: int,
    full_inliers: int,
    inliers: NDArray[np.int64] | None = None,
) -> LabelPrediction:
    """Landmark with the largest `Σ (1 − d²) + min(full, inliers)/full` over the `k` nearest training images.

    `d² = 2 − 2cos` is the squared distance of normalised embeddings, so a neighbour below a cosine of ½
    subtracts. The second term counts for verified pairs only; the sum is not divided by `k`. Ties as in soft
    voting.

    Args:
        neighbours: ranking of training rows for `(n,)` images, scored by cosine.
        train_landmarks: `(n_train,)` int64.
        k: number of neighbours that vote.
        full_inliers: inliers that earn the whole bonus.
        inliers: `(n, k)` or wider int64, inliers of each pair, `-1` where it was not verified.

    Raises:
        DataError: the arrays do not fit each other, or the lists are too short for `k`.
    """
    from landmark_retrieval.voting.vote_kernels import largest_sums

    landmarks = collect_votes(neighbours, train_landmarks, k).landmark_ids[:, : neighbours.depth]
    votes = 2.0 * neighbours.scores[:, :k].astype(np.float64) - 1.0
    if inliers is not None:
        if inliers.shape[0] != len(votes) or inliers.shape[1] < votes.shape[1]:
            raise DataError(f"inliers: expected {votes.shape}, found {inliers.shape}")
        counts = inliers[:, : votes.shape[1]]
        votes += np.where(counts == NOT_VERIFIED, 0.0, np.minimum(counts, full_inliers) / full_inliers)
    winners, sums = largest_sums(landmarks, votes)
    return LabelPrediction(winners, sums.astype(np.float32))


def demote_distractors(prediction: LabelPrediction, max_images: int) -> LabelPrediction:
    """Landmarks predicted for more than `max_images` images get the confidence `−(number of images)`."""
    _, group, sizes = np.unique(prediction.landmark_ids, return_inverse=True, return_counts=True)
    counts = sizes[group]
    distractor = (counts > max_images) & (prediction.landmark_ids != UNKNOWN)
    scores = np.where(distractor, -counts, prediction.scores).astype(np.float32)
    return LabelPrediction(prediction.landmark_ids, scores)
