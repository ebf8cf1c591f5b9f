"""Matching of local descriptors: mutual nearest neighbours, distance bound and ratio test."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from landmark_retrieval.configuration import Settings
from landmark_retrieval.local_features.features import StoredFeatures
from landmark_retrieval.verification.nearest import Nearest, NearestByProduct, NearestByTree
from landmark_retrieval.verification.products import PreparedDescriptors

Matches = NDArray[np.int64]


class MatchingSettings(Settings):
    """When two descriptors are a match.

    Attributes:
        cost: time a pair takes, in those of this method.
    """

    cost: ClassVar[int] = 1

    method: Literal["product", "kd_tree"] = Field(
        description="product: all against all, the fastest; kd_tree: as the published code, the same matches"
    )
    mutual: bool = Field(
        description="each is the other's nearest; false: the nearest in the first picture of each descriptor "
        "of the second (published code), several of which may share one"
    )
    max_distance: float = Field(gt=0, le=2, description="Euclidean distance of L2-normalised descriptors")
    ratio: float | None = Field(
        gt=0, le=1, description="a match is nearer than this times the second nearest; null: no ratio test"
    )


class NearestMatcher:
    """A `Matcher` by the distance of descriptors."""

    def __init__(self, settings: MatchingSettings) -> None:
        self._settings = settings

    def prepare(self, image_id: str, features: StoredFeatures) -> PreparedDescriptors:
        """Descriptors of one picture."""
        return PreparedDescriptors.of(features.descriptors)

    def match(self, first: PreparedDescriptors, second: PreparedDescriptors) -> Matches:
        """`match` of prepared descriptors."""
        return match_prepared(first, second, self._settings)


def match(first: NDArray[Any], second: NDArray[Any], settings: MatchingSettings) -> Matches:
    """Nearest neighbours within the bounds, `(k, 2)` int64 rows of both, nearest first.

    With `mutual`, the ratio test compares a match with the other descriptors of both pictures, so that
    exchanging the pictures exchanges the columns and nothing else; without, with those of the first picture.
    A descriptor with two equally near candidates has no match, or without a ratio test the first of them.

    Cosines are sums of integers, the same on any processor: exact for uint8 of up to 256 dimensions; floats
    are rounded to 8 bits a value, by which a cosine errs by 0.001 on average.

    Args:
        first: `(n, d)` uint8, float16 or float32, finite, of any norm.
        second: `(m, d)` of the same kind.
        settings: bounds and method.

    Raises:
        DataError: the descriptors are of different kinds, or have too many dimensions.
    """
    return match_prepared(PreparedDescriptors.of(first), PreparedDescriptors.of(second), settings)


def match_prepared(
    first: PreparedDescriptors, second: PreparedDescriptors, settings: MatchingSettings
) -> Matches:
    """`match` of prepared descriptors, as one picture is matched with many."""
    if not len(first) or not len(second):
        return np.zeros((0, 2), np.int64)
    by = NearestByProduct if settings.method == "product" else NearestByTree
    nearest: Nearest = by(first, second)
    best, runner_up, nearest_rows = nearest.of_columns()
    good = squared_distance(best) <= settings.max_distance**2
    if settings.ratio is not None:
        good &= _passes_ratio(best, runner_up, settings.ratio)
    columns = np.flatnonzero(good)
    rows = nearest_rows[columns].astype(np.int64)
    if settings.mutual:
        is_mutual = _is_nearest_of_row(nearest, best[columns], rows, columns, settings.ratio)
        rows, columns = rows[is_mutual], columns[is_mutual]
    order = np.lexsort((columns, rows, squared_distance(best[columns])))
    return np.stack([rows[order], columns[order]], axis=1)


def squared_distance(cosines: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of L2-normalised rows; rounding puts the cosine of equal ones above 1."""
    return np.maximum(2 - 2 * cosines, 0)


def _is_nearest_of_row(
    nearest: Nearest,
    best: NDArray[np.float32],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    ratio: float | None,
) -> NDArray[np.bool_]:
    before, behind = nearest.best_excluding(rows, columns)
    if ratio is None:
        return (best > before) & (best >= behind)
    return _passes_ratio(best, np.maximum(before, behind), ratio)


def _passes_ratio(best: NDArray[np.float32], second: NDArray[np.float32], ratio: float) -> NDArray[np.bool_]:
    """Lowe's ratio test on cosines; of two at distance 0 neither passes."""
    return squared_distance(best) < ratio**2 * squared_distance(second)
