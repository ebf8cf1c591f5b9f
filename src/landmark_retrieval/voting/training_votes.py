"""Votes on training images as if they were new, and the calibration fitted on them."""

from __future__ import annotations

import numpy as np

from landmark_retrieval.arrays import Bools, Float32s, Int64s
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.voting.calibration import VoteCalibration, fit_calibration
from landmark_retrieval.voting.settings import CalibrationSettings
from landmark_retrieval.voting.votes import TrainSet, Votes

_DEEPEST = 1_000  # neighbours looked through for votes of other landmarks


def calibrate_votes(train: TrainSet, settings: CalibrationSettings) -> VoteCalibration:
    """A model of how likely votes are right, fitted on votes on training images."""
    votes, right = training_votes(train, settings.votes, settings.sample, settings.seed)
    return fit_calibration(votes, right, settings.votes)


def training_votes(train: TrainSet, k: int, sample: int, seed: int) -> tuple[Votes, Bools]:
    """Votes of training images on others of them: with their own landmark, then without it.

    Args:
        train: embeddings and landmarks.
        k: votes on each image; an image whose neighbours are not enough for that is left out.
        sample: images voted on, drawn without replacement; all if there are fewer.
        seed: of the draw.

    Returns:
        Votes on at most `2 · sample` images, and `(n, k)`, whether a voter has the image's own landmark.
    """
    n = len(train.embeddings)
    drawn = np.sort(np.random.default_rng(seed).permutation(n)[:sample])
    own = train.landmark_ids[drawn]
    largest = int(np.unique(train.landmark_ids, return_counts=True)[1].max(initial=0))
    depth = min(k + 1 + largest, _DEEPEST, n)
    found = search(train.embeddings.vectors[drawn], train.embeddings.vectors, depth)
    landmarks = train.landmark_ids[found.positions]
    itself = found.positions == drawn[:, None]
    sides = [
        _first(landmarks, found.scores, ~itself & allowed, k) for allowed in (True, landmarks != own[:, None])
    ]
    true = np.concatenate([own[complete] for _, complete in sides])
    votes = Votes(
        np.concatenate([v.landmark_ids for v, _ in sides]), np.concatenate([v.cosines for v, _ in sides])
    )
    return votes, votes.landmark_ids == true[:, None]


def _first(landmarks: Int64s, cosines: Float32s, allowed: Bools, k: int) -> tuple[Votes, Bools]:
    """The first `k` allowed neighbours of each image that has so many, and which images these are."""
    complete = allowed.sum(axis=1) >= k
    order = np.argsort(~allowed[complete], axis=1, kind="stable")[:, :k]
    return (
        Votes(
            np.take_along_axis(landmarks[complete], order, axis=1),
            np.take_along_axis(cosines[complete], order, axis=1),
        ),
        complete,
    )
