"""Batches of photographs of one aspect group (two-stage paper §5.1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError

SMALLEST_BATCH = 2
"""Batch normalisation has no variance to divide by in a batch of one."""


def aspect_batches(
    groups: NDArray[np.int64], batch_size: int, rng: np.random.Generator
) -> list[NDArray[np.int64]]:
    """Rows of each batch of one epoch, in the order of training; their number does not depend on `rng`.

    A random permutation is cut into batches within each group, incomplete ones are dropped, and what remains
    is ordered by the position of its first photograph in the permutation. A group too small for one complete
    batch keeps its incomplete one, so that a small data set is not lost.

    Args:
        groups: aspect group of each photograph, `(n,)` int64.
        batch_size: photographs in a complete batch.
        rng: source of the permutation.

    Raises:
        DataError: no group has the two photographs that the smallest batch needs.
    """
    order = rng.permutation(len(groups))
    position = np.argsort(order)
    batches = []
    for group in np.unique(groups):
        batches += _cut(order[groups[order] == group], batch_size)
    if not batches:
        raise DataError(
            f"{len(groups)} photographs make no batch: no aspect group has {SMALLEST_BATCH} of them"
        )
    return sorted(batches, key=lambda rows: position[rows[0]])


def _cut(rows: NDArray[np.int64], batch_size: int) -> list[NDArray[np.int64]]:
    complete = len(rows) // batch_size
    if complete == 0:
        return [rows] if len(rows) >= SMALLEST_BATCH else []
    return np.split(rows[: complete * batch_size], complete)
