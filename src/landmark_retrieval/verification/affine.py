"""The affine transform that most matches agree on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

MIN_MATCHES = 4
"""Three matches always agree on some affine transform, so fewer than four prove nothing (DELF's rule)."""

MIN_SPREAD_PX = 1.0
"""Points that spread less than this across their main direction are taken to lie on a line."""


class AffineSettings(BaseModel):
    """How an affine transform is searched for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold_px: float = Field(gt=0, description="pixels an inlier may lie off in the second picture")
    iterations: int = Field(gt=0, description="samples of three matches at most")
    confidence: float = Field(
        gt=0, lt=1, description="chance of having met a good sample at which sampling ends"
    )


def estimate_affine(
    source: NDArray[np.float32], target: NDArray[np.float32], settings: AffineSettings, seed: int
) -> tuple[NDArray[np.float64] | None, NDArray[np.bool_]]:
    """Robust affine transform from matched points, by OpenCV's USAC (MSAC score, local optimisation).

    The residual is the one-way distance in the target. A match that repeats a source or target point (SIFT
    gives one place several orientations) is never an inlier; points on a line, to which one more can
    always be fitted wherever it is, give no transform.

    Args:
        source: `(n, 2)` float32 x, y in pixels.
        target: `(n, 2)` float32 x, y in pixels, row by row the match of `source`.
        settings: threshold and effort.
        seed: of the sampling; the same seed gives the same result in any thread or process.

    Returns:
        `(2, 3)` float64 matrix, or None where nothing is found, and the `(n,)` mask of inliers.
    """
    inlier = np.zeros(len(source), dtype=bool)
    distinct = np.flatnonzero(_first_of_each(source) & _first_of_each(target))
    if len(distinct) < MIN_MATCHES:
        return None, inlier
    source, target = source[distinct], target[distinct]
    matrix = _sample_consensus(source, target, settings, seed)
    if matrix is None:
        return None, inlier
    residual = source @ matrix[:, :2].T + matrix[:, 2] - target
    near = (residual**2).sum(axis=1) <= settings.threshold_px**2
    if near.sum() < MIN_MATCHES or _on_a_line(source[near]) or _on_a_line(target[near]):
        return None, inlier
    inlier[distinct[near]] = True
    return matrix, inlier


def _sample_consensus(
    source: NDArray[np.float32], target: NDArray[np.float32], settings: AffineSettings, seed: int
) -> NDArray[np.float64] | None:
    import cv2

    usac = cv2.UsacParams()
    usac.threshold = settings.threshold_px
    usac.maxIterations = settings.iterations
    usac.confidence = settings.confidence
    usac.randomGeneratorState = seed % 2**31
    matrix, _ = cv2.estimateAffine2D(source, target, usac)
    return None if matrix is None or not np.isfinite(matrix).all() else np.asarray(matrix, np.float64)


def _first_of_each(points: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether a point is the first at its place, `(n,)`."""
    first = np.zeros(len(points), dtype=bool)
    places = points[:, 0].astype(np.complex64) + 1j * points[:, 1]
    first[np.unique(places, return_index=True)[1]] = True
    return first


def _on_a_line(points: NDArray[np.float32]) -> bool:
    """Whether all points but one spread less than `MIN_SPREAD_PX` (one sigma) in some direction."""
    n = len(points)
    x, y = (points - points.mean(axis=0)).T.astype(np.float64)
    # Scatter of all points less each one of them in turn: a rank-one change of the whole.
    one = n / (n - 1)
    xx, yy, xy = x @ x - one * x * x, y @ y - one * y * y, x @ y - one * x * y
    smaller_eigenvalue = (xx + yy - np.hypot(xx - yy, 2 * xy)) / 2
    return bool(smaller_eigenvalue.min() < (n - 1) * MIN_SPREAD_PX**2)
