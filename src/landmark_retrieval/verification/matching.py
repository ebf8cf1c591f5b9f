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
        first: `(n, d)` float32, L2-normalised rows.
        second: `(m, d)` float32, L2-normalised rows.
        settings: bounds on the distance.
    """
    if not len(first) or not len(second):
        return np.zeros((0, 2), np.int64)
    cosines = first @ second.T
    rows, columns = _mutual(cosines)
    best = cosines[rows, columns]
    cosines[rows, columns] = -np.inf
    rival = np.maximum(cosines.max(axis=1)[rows], cosines.max(axis=0)[columns])
    squared = 2 - 2 * best
    good = (squared <= settings.max_distance**2) & (squared < settings.ratio**2 * (2 - 2 * rival))
    order = np.argsort(squared[good], kind="stable")
    return np.stack([rows[good][order], columns[good][order]], axis=1)


def _mutual(cosines: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs that are each other's nearest; of equally near ones the first, so that nothing stands twice."""
    nearest = cosines.argmax(axis=1)
    rows = np.flatnonzero(cosines[np.arange(len(nearest)), nearest] == cosines.max(axis=0)[nearest])
    _, first = np.unique(nearest[rows], return_index=True)
    rows = rows[np.sort(first)]
    return rows, nearest[rows]
