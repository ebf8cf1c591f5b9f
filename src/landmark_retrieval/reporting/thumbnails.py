"""Thumbnails embedded in a page."""

from __future__ import annotations

import base64
import logging

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.images.reading import read_rgb

logger = logging.getLogger(__name__)

Box = tuple[float, float, float, float]
"""`x1, y1, x2, y2` in pixels."""


def thumbnail(files: FileTree, path: str, height: int, box: Box | None = None, quality: int = 80) -> str:
    """A picture as a `data:` address of a JPEG of at most `height` pixels, cropped to `box` before.

    A picture that cannot be read gives an empty text and a line in the log: a missing thumbnail is no reason
    to lose a page of results.
    """
    try:
        pixels = read_rgb(files, path)
    except DataError as error:
        logger.warning("no thumbnail: %s", error)
        return ""
    return encode(shrink(_crop(pixels, box), height), quality)


def shrink(pixels: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    """The picture `(h, w, 3)` at most `height` pixels high and twice that wide, in its own proportions."""
    import cv2

    h, w = pixels.shape[:2]
    scale = min(1.0, height / h, 2 * height / w)
    size = (max(1, round(w * scale)), max(1, round(h * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def encode(pixels: NDArray[np.uint8], quality: int) -> str:
    """RGB pixels `(h, w, 3)` as a `data:` address of a JPEG."""
    import cv2

    _, jpeg = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode()


def _crop(pixels: NDArray[np.uint8], box: Box | None) -> NDArray[np.uint8]:
    if box is None or np.isnan(box).any():
        return pixels
    x1, y1, x2, y2 = (max(0, round(side)) for side in box)
    cropped = pixels[y1 : max(y2, y1 + 1), x1 : max(x2, x1 + 1)]
    return cropped if cropped.size else pixels
