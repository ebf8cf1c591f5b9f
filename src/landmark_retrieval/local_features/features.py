"""Local features of one picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Encoding = Literal["uint8", "float16"]
"""Type of stored descriptors, see `quantisation`."""


@dataclass(frozen=True, eq=False)
class LocalFeatures:
    """Keypoints of one picture with their descriptors, strongest first.

    Attributes:
        keypoints: `(n, 2)` float32 x, y in pixels of the picture.
        descriptors: `(n, d)` float32, L2-normalised rows.
        scores: `(n,)` float32, higher is stronger.
        encoding: of the stored descriptors; `uint8` is only for values in 0..0.5.
        size: width and height of the picture in pixels, None where nothing needs it.

    Raises:
        ValueError: the arrays do not have one row per keypoint.
    """

    keypoints: NDArray[np.float32]
    descriptors: NDArray[np.float32]
    scores: NDArray[np.float32]
    encoding: Encoding = "float16"
    size: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        n = len(self.scores)
        if self.keypoints.shape != (n, 2) or self.descriptors.ndim != 2 or len(self.descriptors) != n:
            raise ValueError(
                f"keypoints {self.keypoints.shape}, descriptors {self.descriptors.shape} and scores "
                f"{self.scores.shape} must be (n, 2), (n, d) and (n,)"
            )

    def __len__(self) -> int:
        return len(self.scores)


@dataclass(frozen=True, eq=False)
class StoredFeatures:
    """Stored keypoints `(n, 2)` in pixels, read-only descriptors `(n, d)`; uint8 is not normalised.

    `size` is the width and height of the picture, None if it was not stored.
    """

    keypoints: NDArray[np.float32]
    descriptors: NDArray[np.uint8] | NDArray[np.float16]
    size: tuple[int, int] | None = None

    def __len__(self) -> int:
        return len(self.keypoints)
