"""From votes to probabilities: how likely each voted landmark is the right one, and that none of them is.

The soft-voting score (two-stage paper, Eq. 3) says how near the voters are, not how often such votes are
right. Here a logistic model learns that from training images which are voted on as if they were new: once
with their landmark among the voters, once without it, as happens to a photograph of a landmark nobody trained
on. How many of the images in question have a known landmark is then estimated from their own votes (Saerens
et al., "Adjusting the outputs of a classifier to new a priori probabilities", Neural Computation 2002). No
ground truth of the images in question takes part.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from landmark_retrieval.arrays import Bools, Float64s
from landmark_retrieval.configuration import Settings
from landmark_retrieval.errors import DataError
from landmark_retrieval.prediction import UNKNOWN
from landmark_retrieval.voting.votes import Votes

_PENALTY = 1e-4  # on the squared weights, per observation
_FEWEST, _MOST = 1e-3, 1 - 1e-3  # shares of known landmarks that are believed


class VoteCalibration(Settings):
    """A logistic model of votes: the log-odds that a voted landmark is right.

    Attributes:
        votes: nearest training images that vote.
        means: of the evidence on the training images, one per column.
        scales: standard deviations there.
        weights: of the standardised evidence.
        bias: added to it.
        known_share: of the images it was fitted on, those whose landmark got a vote.
    """

    votes: int = Field(gt=0)
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    known_share: float = Field(gt=0, lt=1)

    def log_odds(self, votes: Votes) -> Float64s:
        """Log-odds of each voted landmark, `(n, votes)`; `-inf` where it got a vote before or none.

        Raises:
            DataError: the votes are fewer than the calibration is of.
        """
        votes = votes.nearest(self.votes)
        evidence = (vote_evidence(votes) - self.means) / self.scales
        return np.where(first_votes(votes), evidence @ np.asarray(self.weights) + self.bias, -np.inf)

    def posterior(self, votes: Votes, known_share: float | None = None) -> Float64s:
        """Probability of each voted landmark, `(n, votes)`; the rest to 1 is that of an unknown landmark.

        Args:
            votes: of all images in question: they decide together how many are known.
            known_share: where that is known from elsewhere.
        """
        odds = np.exp(self.log_odds(votes))
        if known_share is None:
            known_share = self.estimate_known_share(votes)
        odds *= _odds(known_share) / _odds(self.known_share)
        return odds / (1 + odds.sum(axis=1, keepdims=True))

    def estimate_known_share(self, votes: Votes, rounds: int = 200) -> float:
        """Share of the images whose landmark is among their votes, by expectation–maximisation.

        Rounded to 1e-6, so that the order of the images does not show in the last digits.
        """
        odds = np.exp(self.log_odds(votes)).sum(axis=1) / _odds(self.known_share)
        share = self.known_share
        for _ in range(rounds if len(odds) else 0):
            known = odds * _odds(share)
            share = float(np.clip((known / (1 + known)).mean(), _FEWEST, _MOST))
        return round(share, 6)


def fit_calibration(votes: Votes, right: Bools, k: int) -> VoteCalibration:
    """Fit the model by penalised maximum likelihood on votes of the `k` nearest training images.

    `right`, `(n, k)`, is whether a voted landmark is that of the image.

    Raises:
        DataError: no vote is right, or none is wrong.
    """
    votes = votes.nearest(k)
    first = first_votes(votes)
    evidence, target = vote_evidence(votes)[first], right[:, :k][first].astype(np.float64)
    if len(target) == 0 or target.min() == target.max():
        raise DataError(f"calibration: {len(target)} votes, expected some right and some wrong ones")
    means, scales = evidence.mean(axis=0), np.maximum(evidence.std(axis=0), 1e-9)
    weights, bias = _logistic_regression((evidence - means) / scales, target)
    known = float(np.clip((right[:, :k] & first).any(axis=1).mean(), _FEWEST, _MOST))
    return VoteCalibration(
        votes=k,
        means=tuple(means.tolist()),
        scales=tuple(scales.tolist()),
        weights=tuple(weights.tolist()),
        bias=bias,
        known_share=known,
    )


def vote_evidence(votes: Votes) -> Float64s:
    """Evidence for each voted landmark, `(n, k, 4)`.

    The sum of its voters' cosines over k (the soft vote), its best cosine, how far that is above the best of
    any other landmark, and its share of all cosines. Negative cosines count as 0.
    """
    cosines = np.maximum(np.where(votes.landmark_ids == UNKNOWN, 0.0, votes.cosines), 0.0).astype(np.float64)
    same = votes.landmark_ids[:, :, None] == votes.landmark_ids[:, None, :]
    total = np.where(same, cosines[:, None, :], 0.0).sum(axis=2)
    best = np.where(same, cosines[:, None, :], 0.0).max(axis=2, initial=0.0)
    rival = np.where(same, 0.0, cosines[:, None, :]).max(axis=2, initial=0.0)
    share = total / np.maximum(cosines.sum(axis=1, keepdims=True), 1e-9)
    return np.stack([total / max(1, cosines.shape[1]), best, best - rival, share], axis=-1)


def first_votes(votes: Votes) -> Bools:
    """Where a landmark is met for the first time in a row, `(n, k)`."""
    same = votes.landmark_ids[:, :, None] == votes.landmark_ids[:, None, :]
    repeated = np.tril(same, -1).any(axis=2)
    return ~repeated & (votes.landmark_ids != UNKNOWN)


def _logistic_regression(evidence: Float64s, target: Float64s, rounds: int = 100) -> tuple[Float64s, float]:
    """Weights and bias by Newton's method."""
    design = np.column_stack([evidence, np.ones(len(evidence))])
    penalty = np.diag([*[_PENALTY * len(target)] * evidence.shape[1], 0.0])
    beta = np.zeros(design.shape[1])
    for _ in range(rounds):
        probability = 1 / (1 + np.exp(-design @ beta))
        slope = design.T @ (probability - target) + penalty @ beta
        curvature = (design * (probability * (1 - probability))[:, None]).T @ design + penalty
        step = np.linalg.lstsq(curvature, slope, rcond=None)[0]
        beta -= step
        if np.abs(step).max() < 1e-10:
            break
    return beta[:-1], float(beta[-1])


def _odds(share: float) -> float:
    return share / (1 - share)
