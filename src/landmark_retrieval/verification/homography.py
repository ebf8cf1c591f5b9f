"""Homography of matched points by OpenCV's USAC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from landmark_retrieval.verification.consensus import MAX_STRETCH, ConsensusSettings, Matrix, Points

if TYPE_CHECKING:
    import cv2

MIN_INLIERS = 5
"""Four matches always agree on some homography."""


class HomographySettings(ConsensusSettings):
    """How a homography is searched for, by OpenCV's USAC (MSAC score, local optimisation)."""

    transform: Literal["homography"] = "homography"

    @property
    def min_inliers(self) -> int:
        """One more than determine a homography."""
        return MIN_INLIERS

    def search(self, source: Points, target: Points, seed: int) -> Matrix | None:
        """Sample four matches at a time."""
        import cv2

        matrix, _ = cv2.findHomography(source, target, usac_parameters(self, seed))
        return None if matrix is None else np.asarray(matrix, np.float64)

    def is_plausible(self, matrix: Matrix, source: Points) -> bool:
        """Whether the box around the points stays a convex quadrilateral, not flipped, of a size alike."""
        low, high = source.min(axis=0).astype(np.float64), source.max(axis=0).astype(np.float64)
        box = np.array([low, [high[0], low[1]], high, [low[0], high[1]]])
        mapped = np.column_stack([box, np.ones(4)]) @ matrix.T
        depth = mapped[:, 2]
        if (depth <= 0).any():
            return False
        corners = mapped[:, :2] / depth[:, None]
        sides = np.roll(corners, -1, axis=0) - corners
        after = np.roll(sides, -1, axis=0)
        turns = sides[:, 0] * after[:, 1] - sides[:, 1] * after[:, 0]
        if (turns <= 0).any():
            return False
        # Determinant of the derivative at a point: how an area around it grows.
        stretch = np.sqrt(np.linalg.det(matrix) / depth**3)
        return bool((stretch < MAX_STRETCH).all() and (stretch > 1 / MAX_STRETCH).all())


def usac_parameters(settings: ConsensusSettings, seed: int) -> cv2.UsacParams:
    """OpenCV's defaults (MSAC score, local optimisation) with threshold, effort and seed of ours."""
    import cv2

    usac = cv2.UsacParams()
    usac.threshold = settings.threshold_px
    usac.maxIterations = settings.iterations
    usac.confidence = settings.confidence
    usac.randomGeneratorState = seed % 2**31
    return usac
