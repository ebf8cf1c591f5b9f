"""Soft voting (two-stage paper §3.2, Eq. 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.search.settings import SearchSettings, search_with
from landmark_retrieval.voting.settings import VotingSettings
from landmark_retrieval.voting.votes import TrainSet, Votes, collect_votes

if TYPE_CHECKING:
    from landmark_retrieval.search.approximate.index import ApproximateIndex


def soft_vote(votes: Votes, k: int) -> LabelPrediction:
    """Predict the landmark whose training images among the `k` nearest are most similar in sum.

    `v(x, c) = (1/k) Σ_{x'∈N_k(x)} f(x')ᵀf(x)·1[label(x') = c]`, argmax and maximum over c. The sum is divided
    by k however few votes the winner has; negative cosines subtract. Ties: the landmark with the best single
    cosine, then the one first met. An image without neighbours has the landmark `-1` and the score 0.

    Raises:
        DataError: there are fewer than `k` neighbours.
    """
    from landmark_retrieval.voting.vote_kernels import largest_sums

    voting = votes.nearest(k)
    winners, sums = largest_sums(voting.landmark_ids, voting.cosines.astype(np.float64))
    return LabelPrediction(winners, (sums / k).astype(np.float32))


def predict_landmarks(
    images: Embeddings,
    train: TrainSet,
    voting: VotingSettings,
    searching: SearchSettings,
    train_index: ApproximateIndex | None = None,
) -> tuple[LabelPrediction, Votes]:
    """Soft vote of the nearest training images of each image, and all votes that are kept.

    Args:
        images: embeddings of `(n,)` images.
        train: the training images that vote.
        voting: how many vote, and how many are kept.
        searching: how they are searched.
        train_index: approximate index of the training images, if one was built.
    """
    found = search_with(searching, images, train.embeddings, voting.neighbours, train_index)
    votes = collect_votes(found, train.landmark_ids, voting.neighbours)
    return soft_vote(votes, voting.k), votes
