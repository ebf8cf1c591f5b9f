"""Who votes: the nearest training images of each image, as landmarks and cosines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from landmark_retrieval.arrays import Float32s, Int64s
from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.prediction import UNKNOWN
from landmark_retrieval.ranking import PADDING, Ranking


@dataclass(frozen=True, eq=False)
class Votes:
    """Landmarks and cosines of the nearest training images of each image, nearest first.

    Attributes:
        landmark_ids: `(n, k)` int64, `-1` pads.
        cosines: `(n, k)` float32, non-increasing in a row, `-inf` where padded.

    Raises:
        ValueError: the shapes differ.
        DataError: a cosine is not a number.
    """

    landmark_ids: Int64s
    cosines: Float32s

    def __post_init__(self) -> None:
        if self.landmark_ids.ndim != 2 or self.landmark_ids.shape != self.cosines.shape:
            raise ValueError(
                f"landmarks {self.landmark_ids.shape} and cosines {self.cosines.shape} must be one (n, k)"
            )
        if np.isnan(self.cosines).any():
            row = int(np.isnan(self.cosines).any(axis=1).argmax())
            raise DataError(f"votes of row {row}: expected numbers, found NaN")

    def __len__(self) -> int:
        return len(self.landmark_ids)

    @property
    def depth(self) -> int:
        """Number of neighbours that may vote."""
        return int(self.landmark_ids.shape[1])

    def nearest(self, k: int) -> Votes:
        """The votes of the `k` nearest training images alone, `(n, k)`.

        Raises:
            DataError: `k` is not positive, or there are fewer.
        """
        if not 1 <= k <= self.depth:
            raise DataError(f"votes of {k} neighbours: expected 1 to {self.depth}, the depth of the votes")
        return Votes(self.landmark_ids[:, :k], self.cosines[:, :k])


@dataclass(frozen=True, eq=False)
class TrainSet:
    """Training images that vote.

    Attributes:
        embeddings: of the training images.
        landmark_ids: `(n_train,)` int64, 0 or more, in their order.

    Raises:
        DataError: there are not as many landmarks as embeddings, or one is negative.
    """

    embeddings: Embeddings
    landmark_ids: Int64s

    def __post_init__(self) -> None:
        check_train_landmarks(self.landmark_ids, len(self.embeddings))


def label_train_set(embeddings: Embeddings, manifest: pd.DataFrame) -> TrainSet:
    """The training images with the landmarks that their manifest gives them."""
    landmarks = manifest.set_index("image_id")["landmark_id"].loc[embeddings.image_ids.tolist()]
    return TrainSet(embeddings, landmarks.to_numpy(np.int64))


def check_train_landmarks(landmark_ids: Int64s, n_train: int) -> None:
    """Raise if landmarks are not those of the training images.

    Raises:
        DataError: there are not `n_train`, or one is negative.
    """
    if landmark_ids.shape != (n_train,):
        raise DataError(f"train landmarks: expected ({n_train},), found {landmark_ids.shape}")
    if (landmark_ids < 0).any():
        raise DataError(f"train landmarks: expected 0 or more, found {landmark_ids.min()}")


def collect_votes(neighbours: Ranking, train_landmarks: Int64s, k: int) -> Votes:
    """Landmarks and cosines of the `k` nearest training images, padded where a list or the set is shorter.

    Args:
        neighbours: ranking of training rows for `(n,)` images, scored by cosine.
        train_landmarks: `(n_train,)`, 0 or more.
        k: number of neighbours that may vote; deeper votes serve every smaller number.

    Raises:
        DataError: the landmarks do not fit the index of the ranking, one is negative, or the lists are
            shorter than both `k` and the training set.
    """
    check_train_landmarks(train_landmarks, neighbours.n_index)
    if k < 1 or neighbours.depth < min(k, neighbours.n_index):
        raise DataError(f"votes of {k} neighbours: the lists have depth {neighbours.depth}")
    rows = neighbours.positions[:, :k]
    landmarks = np.full((neighbours.n_queries, k), UNKNOWN, dtype=np.int64)
    cosines = np.full(landmarks.shape, -np.inf, dtype=np.float32)
    if len(train_landmarks):
        given = slice(rows.shape[1])
        landmarks[:, given], cosines[:, given] = train_landmarks[rows], neighbours.scores[:, :k]
        landmarks[:, given][rows == PADDING] = UNKNOWN
    return Votes(landmarks, cosines)
