"""Batch type of a training step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Batch = tuple[NDArray[np.uint8], NDArray[np.int64]]
"""Photographs `(n, height, width, 3)` and their landmarks' numbers `(n,)`."""
