"""Augmentation of training photographs (two-stage paper §5.1)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.models.pixels import resize_rgb
from landmark_retrieval.training.settings import AugmentationSettings


def augment(
    pixels: NDArray[np.uint8],
    size: tuple[int, int],
    settings: AugmentationSettings,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """A randomly scaled and lit photograph `(height, width, 3)` uint8 of `size` = (width, height).

    Cropping happens before the one resize and padding after it, which is the same as scaling the resized
    photograph, without resampling it a second time.
    """
    height, width = pixels.shape[:2]
    seen_columns, filled_columns = _scale_side(width, size[0], settings.scale, rng)
    seen_rows, filled_rows = _scale_side(height, size[1], settings.scale, rng)
    filled_size = (filled_columns.stop - filled_columns.start, filled_rows.stop - filled_rows.start)
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    canvas[filled_rows, filled_columns] = resize_rgb(pixels[seen_rows, seen_columns], filled_size)
    return _change_brightness(canvas, settings, rng)


def _scale_side(length: int, target: int, scale: float, rng: np.random.Generator) -> tuple[slice, slice]:
    """Which pixels of a side of the photograph are seen, and which of the target they fill."""
    factor = rng.uniform(1 - scale, 1 + scale)
    if factor < 1:
        return _window(max(1, round(factor * length)), length, rng), slice(0, target)
    return slice(0, length), _window(max(1, round(target / factor)), target, rng)


def _window(length: int, within: int, rng: np.random.Generator) -> slice:
    start = int(rng.integers(within - length + 1))
    return slice(start, start + length)


def _change_brightness(
    pixels: NDArray[np.uint8], settings: AugmentationSettings, rng: np.random.Generator
) -> NDArray[np.uint8]:
    import cv2

    if rng.random() >= settings.brightness_probability:
        return pixels
    factor = 1 + rng.uniform(-settings.brightness, settings.brightness)
    lit: Any = cv2.convertScaleAbs(pixels, alpha=factor)
    return lit
