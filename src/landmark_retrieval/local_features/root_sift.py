"""RootSIFT: SIFT whose Euclidean distance is the Hellinger distance of the histograms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from landmark_retrieval.configuration import Settings
from landmark_retrieval.local_features.extractor import fingerprint_of
from landmark_retrieval.local_features.features import LocalFeatures
from landmark_retrieval.local_features.scaling import MAX_SIDE, MIN_SIDE, scaled

DIM = 128


class RootSiftSettings(Settings):
    """What is kept of a picture."""

    kind: Literal["root_sift"] = Field("root_sift", description="which extractor these settings are of")
    max_keypoints: int = Field(gt=0, description="strongest keypoints kept per picture")
    max_side: int = Field(
        ge=MIN_SIDE, le=MAX_SIDE, description="pixels; a longer side is scaled down to it before detection"
    )
    contrast_threshold: float = Field(gt=0, lt=1, description="OpenCV's; lower finds more, weaker keypoints")


@dataclass(frozen=True)
class RootSift:
    """Thread-safe `Extractor` of RootSIFT."""

    settings: RootSiftSettings
    one_at_a_time: ClassVar[bool] = False

    @property
    def fingerprint(self) -> str:
        """Of the settings and OpenCV's version."""
        import cv2

        return fingerprint_of(self.settings, opencv=cv2.__version__)

    def __call__(self, image: NDArray[np.uint8]) -> LocalFeatures:
        """RootSIFT (Arandjelović and Zisserman 2012) of a picture `(height, width, 3)` uint8 RGB.

        Keypoints are in pixels of the picture after scaling to `max_side`, so that a distance means the same
        in pictures of any resolution. Equal responses are sorted from top to bottom, then from left to right.
        A picture that is flat, or below `MIN_SIDE` pixels on a side, has no features.
        """
        import cv2

        most = self.settings.max_keypoints
        grey = scaled(_grey(image), self.settings.max_side)
        if min(grey.shape) < MIN_SIDE:
            return _features([], np.zeros((0, DIM), np.float32))
        sift: Any = cv2.SIFT.create(nfeatures=most, contrastThreshold=self.settings.contrast_threshold)
        found, descriptors = sift.detectAndCompute(grey, None)
        order = sorted(range(len(found)), key=lambda i: _strongest_first(found[i]))[:most]
        histograms = np.zeros((0, DIM), np.float32) if descriptors is None else descriptors[order]
        return _features([found[i] for i in order], histograms)


def root_normalise(histograms: NDArray[np.float32]) -> NDArray[np.float32]:
    """Square root of the L1-normalised histograms `(n, d)` float32: rows of unit L2 norm."""
    sums = histograms.sum(axis=1, keepdims=True)
    return np.sqrt(histograms / np.maximum(sums, np.float32(1e-12)), dtype=np.float32)


def _grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    grey: Any = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return grey


def _strongest_first(keypoint: Any) -> tuple[float, float, float, float, float]:
    x, y = keypoint.pt
    return (-keypoint.response, y, x, keypoint.size, keypoint.angle)


def _features(found: list[Any], histograms: NDArray[np.float32]) -> LocalFeatures:
    return LocalFeatures(
        keypoints=np.asarray([k.pt for k in found], np.float32).reshape(-1, 2),
        descriptors=root_normalise(histograms),
        scores=np.asarray([k.response for k in found], np.float32),
        encoding="uint8",
    )
