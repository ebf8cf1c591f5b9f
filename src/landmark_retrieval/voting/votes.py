"""Who votes: the nearest training images of each image, as landmarks and cosines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError


@dataclass(frozen=True, eq=False)
class Votes:
    """Landmarks and cosines of the nearest training images of each image, nearest first.

    Attributes:
        landmark_ids: `(n, k)` int64, `-1` pads.
        cosines: `(n, k)` float32, non-increasing in a row, `-inf` where padded.

    Raises:
        ValueError: the shapes differ.
    """

    landmark_ids: NDArray[np.int64]
    cosines: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.landmark_ids.ndim != 2 or self.landmark_ids.shape != self.cosines.shape:
            raise ValueError(
                f"landmarks {self.landmark_ids.shape} and cosines {self.cosines.shape} must be one (n, k)"
            )

    def __len__(self) -> int:
        return len(self.landmark_ids)


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
    landmark_ids: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.landmark_ids.shape != (len(self.embeddings),):
            raise DataError(
                f"train landmarks: expected ({len(self.embeddings)},), found {self.landmark_ids.shape}"
            )
        if (self.landmark_ids < 0).any():
            raise DataError(f"train landmarks: expected 0 or more, found {self.landmark_ids.min()}")
