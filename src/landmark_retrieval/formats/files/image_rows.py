"""Image tables before inspection: everything but `width` and `height`."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landmark_retrieval.tables.sources import BOX


def with_whole_boxes(images: pd.DataFrame) -> pd.DataFrame:
    """Queries that are whole images."""
    return with_boxes(images, np.full((len(images), 4), np.nan))


def with_boxes(images: pd.DataFrame, boxes: NDArray[np.float64]) -> pd.DataFrame:
    """Queries cropped to `boxes`, `(n, 4)` float64: x1, y1, x2, y2 in pixels, NaN for the whole image."""
    return images.assign(**{name: boxes[:, i] for i, name in enumerate(BOX)})
