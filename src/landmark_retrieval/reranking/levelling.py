"""Scores of lists that were put into another order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def level(scores: NDArray[np.floating]) -> NDArray[np.float32]:
    """Make scores non-increasing by lifting what stands above an upward step.

    Where a score is larger than the one before it, everything before it is raised by the difference, so that
    the two are level. All other differences within a list stay as they were, the last score keeps its value,
    and a list that does not increase is returned unchanged.

    Args:
        scores: `(n_queries, k)` in list order, `-inf` pads the end.

    Returns:
        `(n_queries, k)` float32.
    """
    raw = scores.astype(np.float64)
    steps = np.zeros((len(raw), max(raw.shape[1] - 1, 0)))
    np.subtract(raw[:, 1:], raw[:, :-1], out=steps, where=~np.isneginf(raw[:, 1:]))
    raw[:, :-1] += np.maximum(steps, 0)[:, ::-1].cumsum(axis=1)[:, ::-1]
    # rounding of the sums may leave an increase of one unit in the last place
    return np.maximum.accumulate(raw[:, ::-1], axis=1)[:, ::-1].astype(np.float32)
