"""The index grouped by predicted landmark, most certain image first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.prediction import UNKNOWN, LabelPrediction


@dataclass(frozen=True, eq=False)
class LandmarkGroups:
    """Index rows by landmark, for the landmarks that somebody asks for.

    Attributes:
        landmarks: `(n_groups,)` int64, ascending.
        starts: `(n_groups + 1,)` int64, where in `rows` each group begins and the last one ends.
        rows: int64 rows of the index, group after group, in a group by (score descending, row ascending).
        places: `(n_index,)` int64, the place of each row in its group; 0 for rows in no group.
    """

    landmarks: NDArray[np.int64]
    starts: NDArray[np.int64]
    rows: NDArray[np.int64]
    places: NDArray[np.int64]

    def find(self, landmarks: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Start and size of the group of each landmark, both `(n,)` int64; size 0 where there is none."""
        if len(self.landmarks) == 0:
            return np.zeros_like(landmarks), np.zeros_like(landmarks)
        group = np.minimum(np.searchsorted(self.landmarks, landmarks), len(self.landmarks) - 1)
        sizes = np.where(self.landmarks[group] == landmarks, np.diff(self.starts)[group], 0)
        return self.starts[group], sizes


def group_by_landmark(predictions: LabelPrediction, wanted: NDArray[np.int64]) -> LandmarkGroups:
    """Group the rows whose landmark is among the `wanted`; unknown (`-1`) is never a group."""
    landmarks = np.unique(wanted[wanted != UNKNOWN])
    rows = np.flatnonzero(np.isin(predictions.landmark_ids, landmarks))
    order = np.lexsort((-predictions.scores[rows], predictions.landmark_ids[rows]))
    rows = rows[order]
    present, starts = np.unique(predictions.landmark_ids[rows], return_index=True)
    starts = np.append(starts, len(rows))
    places = np.zeros(len(predictions), dtype=np.int64)
    places[rows] = np.arange(len(rows)) - np.repeat(starts[:-1], np.diff(starts))
    return LandmarkGroups(present, starts, rows, places)
