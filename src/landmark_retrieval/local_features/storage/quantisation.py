"""Quantisation of local features for storage.

Keypoints are in steps of 1/16 pixel, scores float16. Descriptors are float16 or, if they are histograms like
RootSIFT, uint8 in steps of 1/512: a value errs by at most 1/1024 as long as it is below 255.5/512. Of 300
photographs no value of RootSIFT was above 0.36; cosines erred by 0.0006 on average and by 0.005 at most
(float16: 0.00002 and 0.00014).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.features import Encoding, LocalFeatures

POINT_STEPS = 16
"""Steps per pixel."""

DESCRIPTOR_STEPS = 512
"""Steps of uint8 per unit."""


class Quantised(NamedTuple):
    """Local features of one picture, `(n, 2)` uint16, `(n, d)` uint8 or float16, `(n,)` float16.

    `size` is its width and height in pixels, 0 and 0 if unknown.
    """

    keypoints: NDArray[np.uint16]
    descriptors: NDArray[Any]
    scores: NDArray[np.float16]
    size: tuple[int, int] = (0, 0)


def quantise(image_id: str, features: LocalFeatures) -> Quantised:
    """The stored form of the features of an image; scores are clipped to the range of float16.

    Raises:
        DataError: a value is not finite, a keypoint is outside of 0..4095.9 pixels, or a descriptor to be
            stored as uint8 has a negative value.
    """
    arrays = features.keypoints, features.descriptors, features.scores
    if not all(np.isfinite(array).all() for array in arrays):
        raise DataError(f"local features of {image_id}: a value is not finite")
    steps = np.rint(features.keypoints * np.float32(POINT_STEPS))
    outside = np.flatnonzero(((steps < 0) | (steps > np.iinfo(np.uint16).max)).any(axis=1))
    if len(outside):
        found, last = features.keypoints[outside[0]].tolist(), np.iinfo(np.uint16).max / POINT_STEPS
        raise DataError(f"local features of {image_id}: keypoint {found} is outside of 0..{last} pixels")
    largest = np.finfo(np.float16).max
    return Quantised(
        steps.astype(np.uint16),
        _descriptors(image_id, features.descriptors, features.encoding),
        np.clip(features.scores, -largest, largest).astype(np.float16),
        features.size or (0, 0),
    )


def _descriptors(image_id: str, descriptors: NDArray[np.float32], encoding: Encoding) -> NDArray[Any]:
    if encoding == "float16":
        return descriptors.astype(np.float16)
    steps = np.rint(descriptors * np.float32(DESCRIPTOR_STEPS))
    if (steps < 0).any():
        raise DataError(f"local features of {image_id}: a negative value in a descriptor kept as uint8")
    return np.minimum(steps, np.iinfo(np.uint8).max).astype(np.uint8)


def pixels(keypoints: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Stored keypoints in pixels, float32, exact."""
    return keypoints * np.float32(1 / POINT_STEPS)


def unit_rows(descriptors: NDArray[np.uint8] | NDArray[np.float16]) -> NDArray[np.float32]:
    """Stored descriptors as float32, L2-normalised again; zeros stay."""
    rows = descriptors.astype(np.float32)
    norms = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    return np.divide(rows, norms, out=rows, where=norms > 0)
