"""Soft voting (two-stage paper §3.2, Eq. 3)."""

from __future__ import annotations

import numpy as np

from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.voting.votes import Votes


def soft_vote(votes: Votes, k: int) -> LabelPrediction:
    """Predict the landmark whose training images among the `k` nearest are most similar in sum.

    `v(x, c) = (1/k) Σ_{x'∈N_k(x)} f(x')ᵀf(x)·1[label(x') = c]`, argmax and maximum over c. The sum is divided
    by k however few votes the winner has; negative cosines subtract. Ties: the landmark with the best single
    cosine, then the one first met.

    Args:
        votes: of `(n,)` images, of `k` neighbours or more.
        k: number of neighbours that vote.

    Returns:
        `(n,)` predictions; `-1` with score 0 for an image without neighbours.

    Raises:
        DataError: there are fewer than `k` neighbours.
    """
    from landmark_retrieval.voting.vote_kernels import largest_sums

    voting = votes.nearest(k)
    winners, sums = largest_sums(voting.landmark_ids, voting.cosines.astype(np.float64))
    return LabelPrediction(winners, (sums / k).astype(np.float32))
