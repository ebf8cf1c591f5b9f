"""Training images looked at as if they were new, and the calibration learned from them."""

from __future__ import annotations

import dataclasses

import numpy as np

from landmark_retrieval.arrays import Int64s
from landmark_retrieval.voting.calibration import LabelCalibration, Looks, fit_calibration
from landmark_retrieval.voting.nearest import Allowed, NearestLandmarks, nearest_landmarks
from landmark_retrieval.voting.settings import CalibrationSettings
from landmark_retrieval.voting.votes import TrainSet

FEWEST = 5
"""Landmarks without which distances between landmarks cannot be compared."""


def calibrate_labels(train: TrainSet, settings: CalibrationSettings) -> LabelCalibration:
    """A model of how probable the nearest landmarks of an image are, learned on the training images.

    Every image drawn is looked at with the other images of its landmark, if there are any, and with none, as
    a photograph of a landmark that nobody trained on. A training set that cannot teach this gets a
    calibration that says why.
    """
    landmarks = len(np.unique(train.landmark_ids))
    if landmarks < FEWEST:
        return LabelCalibration(
            landmarks=settings.landmarks,
            refusal=f"{landmarks} training landmarks, expected {FEWEST} or more to compare",
        )
    return fit_calibration(training_landmarks(train, settings), settings.landmarks)


def training_landmarks(train: TrainSet, settings: CalibrationSettings) -> Looks:
    """Nearest landmarks of training images as of new ones."""
    order = np.random.default_rng(settings.seed).permutation(len(train.embeddings))
    drawn = np.sort(order[: settings.sample])
    own = train.landmark_ids[drawn]
    _, places, counts = np.unique(train.landmark_ids, return_inverse=True, return_counts=True)
    size = counts[places[drawn]]
    several = np.flatnonzero(size > 1)
    return Looks(
        _look(train, drawn[several], settings, lambda r, x: x != drawn[several][r, None], size[several] - 1),
        _look(train, drawn, settings, lambda r, x: train.landmark_ids[x] != own[r, None], size),
        own[several],
    )


def _look(
    train: TrainSet, rows: Int64s, settings: CalibrationSettings, allowed: Allowed, own_size: Int64s
) -> NearestLandmarks:
    """Nearest landmarks by the allowed images; the own landmark has as many as were allowed."""
    found = nearest_landmarks(train.embeddings.vectors[rows], train, settings.landmarks, allowed)
    own = found.landmark_ids == train.landmark_ids[rows, None]
    return dataclasses.replace(found, sizes=np.where(own, own_size[:, None], found.sizes))
