"""Perceptual hash: 64 bits that survive recompression and resizing."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_CONTRAST = 2.0
"""Median distance of the 64 coefficients from their median, grey levels; photographs have ten or more.

Below it the noise of a JPEG of quality 50 turns more bits than the hashes of different photographs share.
"""

_SIDE, _FIRST, _LAST = 32, 1, 9
_CELL_UNIT, _WAVE_UNIT = 2**6, 2**16
"""Parts of a grey level and of a coefficient of the DCT; sums of their products stay below 2^52, exact."""

_BITS = np.uint64(1) << np.arange(63, -1, -1, dtype=np.uint64)


def perceptual_hash(pixels: NDArray[np.uint8]) -> int | None:
    """64-bit DCT hash (Zauner 2010, "Implementation and benchmarking of perceptual image hash functions").

    The grey picture is averaged to 32 x 32 cells, whatever its shape, and transformed by an orthonormal
    two-dimensional DCT. Its rows and columns 1 to 8 (as in the pHash library: without the mean, and without
    what changes along one side only) give a 1 where they are above their median, so that 32 bits are set
    and two hashes differ in an even number of bits. Brightness and contrast hardly change it; mirroring,
    turning and cropping do. `imagehash.phash` has no test of contrast and takes 5 times as long.

    Args:
        pixels: `(height, width, 3)` uint8 RGB.

    Returns:
        The bits, the lowest frequency first as the highest bit; None for a picture without enough contrast:
        flat, or changing along one side only. Its bits would be noise.
    """
    coefficients = _low_frequencies(pixels)
    above = coefficients - np.median(coefficients)
    if np.median(np.abs(above)) < MIN_CONTRAST:
        return None
    return int(_BITS[above > 0].sum())


def _low_frequencies(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The 64 coefficients, by products of whole numbers: without rounding, so the same on every processor.

    `cv2.dct` differs in the last digits between processors, and a coefficient may be as near to the median.
    """
    import cv2

    grey: Any = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    whole = np.rint(_cells(grey) * _CELL_UNIT)
    products: NDArray[np.float64] = _waves() @ whole @ _waves().T
    return products.ravel() / (_CELL_UNIT * _WAVE_UNIT**2)


@cache
def _waves() -> NDArray[np.float64]:
    """Rows 1 to 8 of the orthonormal DCT of 32 values, as whole numbers."""
    scale = _WAVE_UNIT * math.sqrt(2 / _SIDE)
    rows = [
        [round(scale * math.cos(math.pi * k * (2 * i + 1) / (2 * _SIDE))) for i in range(_SIDE)]
        for k in range(_FIRST, _LAST)
    ]
    return np.array(rows, dtype=np.float64)


def _cells(grey: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Means over 32 x 32 cells of equal area, pixels on a border shared by their parts.

    Summed up from the corner, a picture is bilinear within each pixel: 33 x 33 interpolated sums tell every
    cell, six times as fast as averaging by OpenCV's resize.
    """
    import cv2

    height, width = grey.shape
    depth = cv2.CV_32S if grey.size * 255 < 2**31 else cv2.CV_64F
    sums = cv2.integral(grey, sdepth=depth)
    (top, below), (left, right) = _borders(height), _borders(width)
    rows = sums[top] + below[:, None] * (sums[top + 1].astype(np.float64) - sums[top])
    corners = rows[:, left] + right * (rows[:, left + 1] - rows[:, left])
    return np.diff(np.diff(corners, axis=0), axis=1) * (_SIDE * _SIDE / grey.size)


def _borders(size: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Pixel of each of the 33 borders, and the fraction of it before the border."""
    at = np.arange(_SIDE + 1, dtype=np.float64) * (size / _SIDE)
    pixel = np.minimum(at.astype(np.int64), size - 1)
    return pixel, at - pixel
