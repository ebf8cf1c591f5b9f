"""Predicted landmarks of images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

UNKNOWN = -1


@dataclass(frozen=True, eq=False)
class LabelPrediction:
    """One predicted landmark per image, rows as in the embeddings it was made from.

    Attributes:
        landmark_ids: `(n,)` int64, `-1` where nothing was predicted.
        scores: `(n,)` float32, higher is more certain.

    Raises:
        ValueError: shapes differ or a score is not finite.
    """

    landmark_ids: NDArray[np.int64]
    scores: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.landmark_ids.ndim != 1 or self.landmark_ids.shape != self.scores.shape:
            raise ValueError(
                f"landmarks {self.landmark_ids.shape} and scores {self.scores.shape} must be one (n,)"
            )
        if not np.isfinite(self.scores).all():
            raise ValueError("a prediction's score is not finite")

    def __len__(self) -> int:
        return len(self.landmark_ids)
