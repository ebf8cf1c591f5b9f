"""Robust estimation of the transform between matched points (sample consensus)."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from landmark_retrieval.configuration import Settings

Points = NDArray[np.float32]
Matrix = NDArray[np.float64]

MIN_MATCHES = 4
"""Three matches always agree on some affine transform, so fewer than four prove nothing (DELF's rule)."""

MIN_SPREAD_PX = 1.0
"""Points that spread less than this across their main direction are taken to lie on a line."""

MAX_STRETCH = 10.0
"""Times that a length may grow or shrink; descriptors do not match across more, and a transform that lays all
points on one spot agrees with any match near it."""


class ConsensusSettings(Settings, ABC):
    """How a transform is searched for; each kind of transform has its own class."""

    threshold_px: float = Field(gt=0, description="pixels an inlier may lie off in the second picture")
    iterations: int = Field(gt=0, description="samples of matches at most")
    confidence: float = Field(
        gt=0, lt=1, description="chance of having met a good sample at which sampling ends"
    )

    @property
    @abstractmethod
    def min_inliers(self) -> int:
        """Inliers that a transform must have."""

    @abstractmethod
    def search(self, source: Points, target: Points, seed: int) -> Matrix | None:
        """The best transform found, `(3, 3)` float64 from pixels to pixels, or None.

        Points are `(n, 2)` float32, distinct on either side, at least `MIN_MATCHES`; the seed is in 0..2³¹−1.
        """

    @abstractmethod
    def is_plausible(self, matrix: Matrix, source: Points) -> bool:
        """Whether a camera could have moved these `(k, 2)` points so."""


def find_transform(
    source: Points, target: Points, settings: ConsensusSettings, seed: int
) -> tuple[Matrix | None, NDArray[np.bool_]]:
    """Robust transform from matched points, and the matches that agree with it.

    The residual is the one-way distance in the target. A match that repeats a source or target point (SIFT
    gives one place several orientations; one point may have several matches) is never an inlier; points on
    a line, to which one more can always be fitted wherever it is, give no transform.

    Args:
        source: `(n, 2)` float32 x, y in pixels.
        target: the same, row by row the match of `source`.
        settings: kind of transform, threshold and effort.
        seed: of the sampling; the same seed gives the same result in any thread or process.

    Returns:
        `(3, 3)` float64 matrix, or None where nothing is found, and the `(n,)` mask of inliers.
    """
    inlier = np.zeros(len(source), dtype=bool)
    distinct = np.flatnonzero(_first_of_each(source) & _first_of_each(target))
    if len(distinct) < MIN_MATCHES:
        return None, inlier
    source, target = source[distinct], target[distinct]
    matrix = settings.search(source, target, seed)
    if matrix is None or not np.isfinite(matrix).all():
        return None, inlier
    near = _near(matrix, source, target, settings.threshold_px)
    if near.sum() < settings.min_inliers or on_a_line(source[near]) or on_a_line(target[near]):
        return None, inlier
    if not settings.is_plausible(matrix, source[near]):
        return None, inlier
    inlier[distinct[near]] = True
    return matrix, inlier


def on_a_line(points: Points) -> bool:
    """Whether all points but one spread less than `MIN_SPREAD_PX` (one sigma) in some direction."""
    n = len(points)
    x, y = (points - points.mean(axis=0)).T.astype(np.float64)
    # Scatter of all points less each one of them in turn: a rank-one change of the whole.
    one = n / (n - 1)
    xx, yy, xy = ((a * b).sum() - one * a * b for a, b in ((x, x), (y, y), (x, y)))
    smaller_eigenvalue = (xx + yy - np.hypot(xx - yy, 2 * xy)) / 2
    return bool(smaller_eigenvalue.min() < (n - 1) * MIN_SPREAD_PX**2)


def _near(matrix: Matrix, source: Points, target: Points, threshold_px: float) -> NDArray[np.bool_]:
    """Which points land near their match, before the horizon."""
    x, y = source.T.astype(np.float64)
    # Term by term: a matrix product adds with more or fewer roundings, depending on the processor.
    right, down, depth = (a * x + b * y + c for a, b, c in matrix)
    before = depth > 0
    depth = np.where(before, depth, 1)
    residual = (right / depth - target[:, 0]) ** 2 + (down / depth - target[:, 1]) ** 2
    return before & (residual <= threshold_px**2)


def _first_of_each(points: Points) -> NDArray[np.bool_]:
    """Whether a point is the first at its place, `(n,)`."""
    first = np.zeros(len(points), dtype=bool)
    places = points[:, 0].astype(np.complex64) + 1j * points[:, 1]
    first[np.unique(places, return_index=True)[1]] = True
    return first
