"""RootSIFT: SIFT whose Euclidean distance is the Hellinger distance of the histograms."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from landmark_retrieval.local_features.features import LocalFeatures

DIM = 128
MIN_SIDE = 10
"""Shorter pictures get no features, as in DELF's extraction."""


class RootSiftSettings(BaseModel):
    """What is kept of a picture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_keypoints: int = Field(gt=0, description="strongest keypoints kept per picture")
    max_side: int = Field(
        ge=MIN_SIDE, description="pixels; a longer side is scaled down to it before detection"
    )
    contrast_threshold: float = Field(gt=0, lt=1, description="OpenCV's; lower finds more, weaker keypoints")


def extract_root_sift(image: NDArray[np.uint8], settings: RootSiftSettings) -> LocalFeatures:
    """RootSIFT (Arandjelović and Zisserman 2012) of a picture `(height, width, 3)` uint8 RGB.

    Keypoints are in pixels of the picture after scaling to `max_side`, so that a distance means the same in
    pictures of any resolution. Of equal responses the one further up, then further left stands first. A
    picture that is flat, or below `MIN_SIDE` pixels on a side, has no features.
    """
    import cv2

    grey = _scaled_grey(image, settings.max_side)
    if min(grey.shape) < MIN_SIDE:
        return _features([], np.zeros((0, DIM), np.float32))
    sift: Any = cv2.SIFT.create(
        nfeatures=settings.max_keypoints, contrastThreshold=settings.contrast_threshold
    )
    found, descriptors = sift.detectAndCompute(grey, None)
    order = sorted(range(len(found)), key=lambda i: _strongest_first(found[i]))[: settings.max_keypoints]
    histograms = np.zeros((0, DIM), np.float32) if descriptors is None else descriptors[order]
    return _features([found[i] for i in order], histograms)


def root_normalise(histograms: NDArray[np.float32]) -> NDArray[np.float32]:
    """Square root of the L1-normalised histograms `(n, d)` float32: rows of unit L2 norm."""
    sums = histograms.sum(axis=1, keepdims=True)
    return np.sqrt(histograms / np.maximum(sums, np.float32(1e-12)), dtype=np.float32)


def _scaled_grey(image: NDArray[np.uint8], max_side: int) -> NDArray[np.uint8]:
    import cv2

    grey: Any = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    scale = max_side / max(grey.shape)
    if scale >= 1:
        return grey
    height, width = (max(1, round(side * scale)) for side in grey.shape)
    scaled: Any = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
    return scaled


def _strongest_first(keypoint: Any) -> tuple[float, float, float, float, float]:
    x, y = keypoint.pt
    return (-keypoint.response, y, x, keypoint.size, keypoint.angle)


def _features(found: list[Any], histograms: NDArray[np.float32]) -> LocalFeatures:
    return LocalFeatures(
        keypoints=np.asarray([k.pt for k in found], np.float32).reshape(-1, 2),
        descriptors=root_normalise(histograms),
        scores=np.asarray([k.response for k in found], np.float32),
    )
