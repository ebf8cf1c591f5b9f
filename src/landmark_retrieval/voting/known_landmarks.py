"""Images whose landmark is known because they are training images (two-stage paper §3.2, Discussion)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.arrays import Int64s
from landmark_retrieval.prediction import UNKNOWN, LabelPrediction
from landmark_retrieval.voting.votes import TrainSet, Votes


def known_landmarks(image_ids: NDArray[np.str_], train: TrainSet) -> Int64s:
    """The true landmark of each image that is a training image, `(n,)` int64, `-1` for the others."""
    if len(train.embeddings) == 0:
        return np.full(len(image_ids), UNKNOWN, dtype=np.int64)
    rows = train.embeddings.rows_of(image_ids.tolist())
    return np.where(rows < 0, UNKNOWN, train.landmark_ids[rows])


def with_known_landmarks(prediction: LabelPrediction, known: Int64s) -> LabelPrediction:
    """Predictions in which an image of known landmark (not `-1`) has that landmark and the score 1."""
    unknown = known == UNKNOWN
    return LabelPrediction(
        np.where(unknown, prediction.landmark_ids, known), np.where(unknown, prediction.scores, np.float32(1))
    )


def with_known_votes(votes: Votes, known: Int64s) -> Votes:
    """Votes in which all neighbours of an image of known landmark vote for it with the cosine 1.

    Soft voting of any number of them gives `with_known_landmarks`.
    """
    unknown = (known == UNKNOWN)[:, None]
    return Votes(
        np.where(unknown, votes.landmark_ids, known[:, None]), np.where(unknown, votes.cosines, np.float32(1))
    )
