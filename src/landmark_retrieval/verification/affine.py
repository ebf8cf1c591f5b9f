"""Affine transform of matched points by locally optimised RANSAC."""

from __future__ import annotations

from typing import Literal

import numpy as np

from landmark_retrieval.verification.consensus import (
    MAX_STRETCH,
    MIN_MATCHES,
    ConsensusSettings,
    Matrix,
    Points,
)


class AffineSettings(ConsensusSettings):
    """How an affine transform is searched for: locally optimised, samples of three matches, MSAC score."""

    transform: Literal["affine"] = "affine"

    @property
    def min_inliers(self) -> int:
        """One more than determine an affine transform."""
        return MIN_MATCHES

    def search(self, source: Points, target: Points, seed: int) -> Matrix | None:
        """The transform of the highest score, or None where no three matches span an area."""
        from landmark_retrieval.verification.affine_kernels import best_affine

        (x, y), (u, v) = np.ascontiguousarray(source.T), np.ascontiguousarray(target.T)
        found, score = best_affine((x, y, u, v), self.threshold_px, self.iterations, self.confidence, seed)
        return np.vstack([found.reshape(2, 3), [0.0, 0.0, 1.0]]) if score > 0 else None

    def is_plausible(self, matrix: Matrix, source: Points) -> bool:
        """Whether areas neither vanish nor explode; a mirror image is admitted, as by the published code."""
        return bool(MAX_STRETCH**-2 < abs(np.linalg.det(matrix[:2, :2])) < MAX_STRETCH**2)
