"""Probable landmarks of queries and index images, from a calibration learned on the training set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landmark_retrieval.arrays import Float64s, Int64s
from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.prediction import UNKNOWN
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.voting.calibration import CANDIDATES, LabelCalibration
from landmark_retrieval.voting.known_landmarks import known_landmarks
from landmark_retrieval.voting.nearest import nearest_landmarks
from landmark_retrieval.voting.votes import TrainSet

_KNOWN_SHARES = 0.1, 0.5  # that are believed: labels are never ruled out, nor trusted beyond the calibration

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True, eq=False)
class ProbableLandmarks:
    """Landmarks that images may show, each with its probability.

    Attributes:
        landmark_ids: `(n, m)` int64, each once in a row, `-1` pads.
        probabilities: `(n, m)` float64, 0 where padded, of sum 1 at most in a row.
        known_share: estimated share of images of a training landmark, between 0.1 and 0.5.
    """

    landmark_ids: Int64s
    probabilities: Float64s
    known_share: float = 0.5

    def distinct(self) -> Int64s:
        """All landmarks of positive probability, ascending."""
        return np.unique(self.landmark_ids[(self.probabilities > 0) & (self.landmark_ids != UNKNOWN)])

    def of(self, landmarks: Int64s) -> Float64s:
        """Probability of one landmark for each image, `(n,)`."""
        same = (self.landmark_ids == landmarks[:, None]) & (self.landmark_ids != UNKNOWN)
        return np.where(same, self.probabilities, 0.0).max(axis=1, initial=0.0)

    def matrix(self, landmarks: Int64s) -> csr_array:
        """Probabilities of the ascending `landmarks`, `(n, n_landmarks)`; others are left out."""
        from scipy.sparse import csr_array

        shape = (len(self.landmark_ids), len(landmarks))
        if not len(landmarks):
            return csr_array(shape)
        column = np.minimum(np.searchsorted(landmarks, self.landmark_ids), len(landmarks) - 1)
        row, at = np.nonzero((self.probabilities > 0) & (landmarks[column] == self.landmark_ids))
        return csr_array((self.probabilities[row, at], (row, column[row, at])), shape)


def required_calibration(inputs: RerankingInputs, method: str) -> tuple[LabelCalibration, TrainSet]:
    """The calibration and the training images.

    Raises:
        DataError: one of them was not given.
    """
    if inputs.calibration is None or inputs.train is None:
        raise DataError(f"{method}: needs the training images and a calibration of their labels, found none")
    return inputs.calibration, inputs.train


def query_landmarks(
    queries: Embeddings, train: TrainSet, calibration: LabelCalibration, known_share: float = 0.5
) -> ProbableLandmarks:
    """Probable landmarks of each query, from that query alone; none if the calibration was refused.

    Args:
        queries: embeddings.
        train: the labelled images.
        calibration: learned on them.
        known_share: share of queries of a known landmark before anything is seen of them.
    """
    if calibration.refusal is not None:
        return ProbableLandmarks(np.full((len(queries), 1), UNKNOWN), np.zeros((len(queries), 1)))
    nearest = nearest_landmarks(queries.vectors, train, calibration.landmarks)
    probabilities = calibration.probabilities(nearest, known_share)
    return ProbableLandmarks(nearest.landmark_ids[:, : probabilities.shape[1]], probabilities)


def index_landmarks(
    index: Embeddings, train: TrainSet, calibration: LabelCalibration
) -> tuple[ProbableLandmarks | None, str | None]:
    """Probable landmarks of the index images, or why the calibration does not hold for them.

    Images of the training set have their own landmark for certain, and say nothing about how new images look.
    """
    if calibration.refusal is not None:
        return None, calibration.refusal
    nearest = nearest_landmarks(index.vectors, train, calibration.landmarks)
    own = known_landmarks(index.image_ids, train)
    new = own == UNKNOWN
    objection = calibration.objection(nearest[new])
    if objection is not None:
        return None, objection
    probabilities = calibration.probabilities(nearest)
    landmarks = nearest.landmark_ids[:, : probabilities.shape[1]]
    certain = np.arange(min(CANDIDATES, probabilities.shape[1])) == 0
    return ProbableLandmarks(
        np.where(new[:, None], landmarks, np.where(certain, own[:, None], UNKNOWN)),
        np.where(new[:, None], probabilities, certain.astype(np.float64)),
        float(np.clip(calibration.mixture(nearest[new])[1], *_KNOWN_SHARES)),
    ), None
