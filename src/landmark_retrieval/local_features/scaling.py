"""Scaling of pictures before detection."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MIN_SIDE = 10
"""Pictures shorter than so many pixels get no features, as in DELF's extraction."""

MAX_SIDE = 4096
"""Pixels a stored keypoint can tell apart from 0 in steps of 1/16."""


def scaled(image: NDArray[np.uint8], max_side: int) -> NDArray[np.uint8]:
    """A picture `(h, w)` or `(h, w, 3)` uint8 whose longer side is at most `max_side` pixels.

    A smaller one is returned as it is. Averages over areas (OpenCV's `INTER_AREA`).
    """
    import cv2

    scale = max_side / max(image.shape[:2])
    if scale >= 1:
        return image
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    smaller: Any = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return smaller
