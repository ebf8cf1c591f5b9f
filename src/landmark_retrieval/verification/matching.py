"""Which local features of two pictures look alike."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field


class MatchingSettings(BaseModel):
    """When two descriptors are a match."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_distance: float = Field(gt=0, le=2, description="Euclidean distance of L2-normalised descriptors")
    ratio: float = Field(gt=0, le=1, description="a match is nearer than this times any rival")


def match(
    first: NDArray[np.float32], second: NDArray[np.float32], settings: MatchingSettings
) -> NDArray[np.int64]:
    """Mutual nearest neighbours within the bounds, `(k, 2)` int64 rows of both, nearest first.

    The ratio test is two-sided: the rivals of a match are all other descriptors of either picture, so that
    exchanging the pictures exchanges the columns and nothing else; a descriptor with two equally near matches
    has none. Exact, by one matrix product.

    Args:
        first: `(n, d)` float32, L2-normalised rows, finite.
        second: `(m, d)` float32, L2-normalised rows, finite.
        settings: bounds on the distance.
    """
    if not len(first) or not len(second):
        return np.zeros((0, 2), np.int64)
    from landmark_retrieval.verification.column_rivals import two_largest

    cosines = first @ second.T
    best, rival, nearest = two_largest(cosines)
    columns = np.flatnonzero(_is_match(best, rival, settings))
    rows = nearest[columns]
    of_rows = cosines[rows]
    of_rows[np.arange(len(rows)), columns] = -np.inf
    good = _is_match(best[columns], of_rows.max(axis=1), settings)
    rows, columns = rows[good], columns[good]
    order = np.lexsort((rows, _squared_distance(best[columns])))
    return np.stack([rows[order], columns[order]], axis=1).astype(np.int64)


def _is_match(
    cosines: NDArray[np.float32], rivals: NDArray[np.float32], settings: MatchingSettings
) -> NDArray[np.bool_]:
    """Whether a pair is near enough and nearer than its best rival allows: then it is mutual, too."""
    squared = _squared_distance(cosines)
    near = squared <= settings.max_distance**2
    return near & (squared < settings.ratio**2 * _squared_distance(rivals))


def _squared_distance(cosines: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of L2-normalised rows; rounding puts the cosine of equal ones above 1."""
    return np.maximum(2 - 2 * cosines, 0)
