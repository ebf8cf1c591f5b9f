"""Votes summed by landmark."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def tally(
    landmarks: NDArray[np.int64], votes: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The landmark with the largest sum of votes, and that sum.

    Columns stand in neighbour order, so that of equal sums the one first met has the best single cosine, then
    the lowest rank; two landmarks never share a rank, so nothing is left to decide.

    Args:
        landmarks: `(n, k)` int64, `-1` where nobody votes.
        votes: `(n, k)` float64, not read where nobody votes.

    Returns:
        `(n,)` int64, `-1` where nobody votes, and `(n,)` float64, 0 there.
    """
    from landmark_retrieval.voting.tally_kernels import largest_sums

    return largest_sums(landmarks, votes)
