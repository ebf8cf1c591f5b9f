"""Probability that an image shows one of its nearest landmarks, or none of the training landmarks.

How similar a photograph is to its landmark differs between descriptors, between photographs, and between
training and new images, most of all where the descriptor was fitted to the training images. What carries over
is how far the best landmark is ahead of the others, in units of the distances among the others: of an
exponential tail the normalised spacings `i·(s_i − s_{i+1})` of ordered similarities are independent and of
one distribution, whatever its scale (Rényi, "On the theory of order statistics", 1953). A logistic model
learns on training images looked at as if they were new, also with their landmark left out, what a lead is
worth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from landmark_retrieval.arrays import Bools, Float64s, Int64s
from landmark_retrieval.configuration import Settings
from landmark_retrieval.prediction import UNKNOWN
from landmark_retrieval.voting.nearest import NearestLandmarks

CANDIDATES = 5
"""Nearest landmarks that an image may show."""

_TOO_FEW = "too few training landmarks with two photographs or more to learn what labels are worth"
_PENALTY = 1e-3  # on the squared weights of the standardised evidence, per observation
_FARTHEST = 50.0  # spacings; beyond that a landmark is out of the question
_QUANTILES = np.linspace(0, 1, 201)
_SHARES = np.linspace(0, 1, 101)
_SLACK = 0.1  # distance between distributions that is let pass, beside that of chance
_SHORTER = 0.8  # leads of new images of a landmark, against those of its training images (docs/reranking.md)


class LabelCalibration(Settings):
    """A logistic model of landmarks: the log-odds that an image shows a landmark near it.

    Attributes:
        landmarks: nearest landmarks that are compared.
        weights: of the evidence (`landmark_evidence`).
        bias: added to it.
        leads: 201 quantiles of the lead of the best landmark on training images: with the other images of
            their landmark, and with none.
        refusal: why labels cannot be weighed; None if they can.
    """

    landmarks: int = Field(gt=0)
    weights: tuple[float, float] = (0.0, 0.0)
    bias: float = 0.0
    leads: tuple[tuple[float, ...], ...] = ()
    refusal: str | None = None

    def probabilities(self, nearest: NearestLandmarks, known_share: float = 0.5) -> Float64s:
        """Probability of the first landmarks of each image, `(n, CANDIDATES)` or narrower.

        What is left to 1 is the probability that the image shows another landmark or none. Each row depends
        on its image alone.

        Args:
            nearest: of `landmarks` landmarks.
            known_share: of such images, those of a training landmark, before the image is seen.
        """
        evidence, present = landmark_evidence(nearest)
        log_odds = np.full(present.shape, self.bias)
        for column, weight in enumerate(self.weights):  # no matrix product: its digits change with the rows
            log_odds += weight * evidence[..., column]
        odds = np.where(present, np.exp(np.minimum(log_odds, 30.0)), 0.0) * known_share / (1 - known_share)
        total = np.ones(len(odds))
        for column in odds.T:
            total += column
        return odds / total[:, None]

    def mixture(self, nearest: NearestLandmarks) -> tuple[float, float]:
        """How well mixtures of the leads on training images explain the leads of other images.

        The images in question, here those of the index, may show known and unknown landmarks in any shares;
        whatever the shares, their leads must look like those of training images, else the probabilities mean
        nothing. New images of a known landmark lead by less than training images, which the descriptor may be
        fitted to and which have more photographs beside them.

        Returns:
            The largest gap between the distribution of leads and the best mixture, where leads on images of
            known landmarks may be as short as 0.8 of those on training images or as long; and the share of
            known landmarks in the best mixture where they are 0.8 of it.
        """
        observed = np.sort(leads_of(nearest))
        within, without = (np.asarray(sample) for sample in self.leads)
        found = [_best_mixture(observed, factor * within, without) for factor in (1.0, _SHORTER)]
        return min(gap for gap, _ in found), found[-1][1]

    def objection(self, nearest: NearestLandmarks) -> str | None:
        """Why the probabilities cannot be relied on for these images; None if they can.

        Allowed is a distance of 0.1 beyond what chance gives to samples of this size (95 % point of
        Kolmogorov's statistic).
        """
        if self.refusal is not None:
            return self.refusal
        if len(leads_of(nearest)) == 0:
            return "no index image has near landmarks that could be compared"
        (found, _), allowed = self.mixture(nearest), _SLACK + 1.36 / np.sqrt(len(leads_of(nearest)))
        if found <= allowed:
            return None
        return (
            f"the leads of nearest landmarks on index images are not those on training images: distance "
            f"{found:.2f}, expected {allowed:.2f} at most"
        )


def _best_mixture(observed: Float64s, within: Float64s, without: Float64s) -> tuple[float, float]:
    """Smallest distance of Kolmogorov between a sorted sample and a mixture of two, and the first's share."""
    grid = np.unique(np.concatenate([within, without]))
    found, *parts = (np.searchsorted(s, grid, side="right") / len(s) for s in (observed, within, without))
    gaps = [np.abs(found - share * parts[0] - (1 - share) * parts[1]).max() for share in _SHARES]
    return float(min(gaps)), float(_SHARES[int(np.argmin(gaps))])


def landmark_evidence(nearest: NearestLandmarks) -> tuple[Float64s, Bools]:
    """Evidence for the first landmarks of each image, `(n, CANDIDATES, 2)`, and where there is any.

    `±log(1 + |s_c − s'| / b)` with the similarity `s_c` of landmark c, that of its best rival `s'`, and the
    mean `b` of the normalised spacings `i·(s_i − s_{i+1})` of all landmarks behind the first; and the
    logarithm of the number of training images of c, as the best of many is more similar by chance. An image
    with fewer than three landmarks, or with no spacing, has no evidence.
    """
    similarity = nearest.cosines.astype(np.float64)
    there = nearest.landmark_ids != UNKNOWN
    width = min(CANDIDATES, similarity.shape[1])
    spacing = _mean_spacing(similarity, there)
    present = there[:, :width] & (spacing > 0)[:, None]
    rival = np.repeat(similarity[:, :1], width, axis=1)
    rival[:, :1] = similarity[:, 1:2] if similarity.shape[1] > 1 else -np.inf
    usable = present & np.isfinite(rival)
    ahead = np.where(usable, similarity[:, :width], 0) - np.where(usable, rival, 0)
    ahead = np.clip(ahead / np.where(spacing > 0, spacing, 1)[:, None], -_FARTHEST, _FARTHEST)
    sizes = np.log(np.maximum(nearest.sizes[:, :width], 1))
    lead = np.sign(ahead) * np.log1p(np.abs(ahead))
    return np.stack([lead, sizes], axis=-1), usable


def _mean_spacing(similarity: Float64s, there: Bools) -> Float64s:
    """Mean of `i·(s_i − s_{i+1})` for i from 2, `(n,)`; 0 where there are fewer than three landmarks."""
    total, counts = np.zeros(len(similarity)), np.zeros(len(similarity))
    for i in range(1, similarity.shape[1] - 1):
        both = there[:, i] & there[:, i + 1]
        apart = np.where(both, similarity[:, i], 0) - np.where(both, similarity[:, i + 1], 0)
        total += (i + 1) * apart
        counts += both
    return np.where(counts > 0, total / np.maximum(counts, 1), 0.0)


def leads_of(nearest: NearestLandmarks) -> Float64s:
    """Evidence for the best landmark of each image that has any, without its size."""
    evidence, present = landmark_evidence(nearest)
    return evidence[present[:, :1].any(axis=1), 0, 0] if evidence.shape[1] else np.zeros(0)


@dataclass(frozen=True, eq=False)
class Looks:
    """Nearest landmarks of training images looked at as if they were new.

    Attributes:
        within: `(n,)` images, with the other images of their landmark.
        without: `(u,)` images, with none of them.
        own: `(n,)` int64 landmarks of the first.
    """

    within: NearestLandmarks
    without: NearestLandmarks
    own: Int64s


def fit_calibration(looks: Looks, m: int) -> LabelCalibration:
    """Fit the model by penalised maximum likelihood; known and unknown landmarks weigh equally.

    Args:
        looks: at training images.
        m: nearest landmarks that are compared.
    """
    parts = [(looks.within, looks.own), (looks.without, np.full(len(looks.without), UNKNOWN))]
    leads = [leads_of(nearest) for nearest, _ in parts]
    if not all(map(len, leads)):
        return LabelCalibration(landmarks=m, refusal=_TOO_FEW)
    observations = [_observations(nearest, own, 0.5 / len(own)) for nearest, own in parts]
    x, y, share = (np.concatenate(part) for part in zip(*observations, strict=True))
    if not y.any():
        return LabelCalibration(landmarks=m, refusal=_TOO_FEW)
    mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
    beta = _logistic_regression((x - mean) / scale, y, share / share.mean())
    weights = beta[:-1] / scale
    return LabelCalibration(
        landmarks=m,
        weights=(float(weights[0]), float(weights[1])),
        bias=float(beta[-1] - weights @ mean),
        leads=tuple(tuple(np.quantile(sample, _QUANTILES).tolist()) for sample in leads),
    )


def _observations(
    nearest: NearestLandmarks, own: Int64s, share: float
) -> tuple[Float64s, Float64s, Float64s]:
    """Evidence for each near landmark, whether it is the image's own, and the weight of the observation."""
    evidence, present = landmark_evidence(nearest)
    right = nearest.landmark_ids[:, : evidence.shape[1]] == own[:, None]
    return evidence[present], right[present].astype(np.float64), np.full(present.sum(), share)


def _logistic_regression(
    evidence: Float64s, target: Float64s, shares: Float64s, rounds: int = 100
) -> Float64s:
    """Weights and, last, the bias, by Newton's method on observations that weigh `shares`."""
    design = np.column_stack([evidence, np.ones(len(evidence))])
    penalty = np.diag([*[_PENALTY * len(target)] * evidence.shape[1], 0.0])
    beta = np.zeros(design.shape[1])
    for _ in range(rounds):
        probability = 1 / (1 + np.exp(-design @ beta))
        slope = design.T @ (shares * (probability - target)) + penalty @ beta
        curvature = (design * (shares * probability * (1 - probability))[:, None]).T @ design + penalty
        step = np.linalg.lstsq(curvature, slope, rcond=None)[0]
        beta -= step
        if np.abs(step).max() < 1e-10:
            break
    return beta
