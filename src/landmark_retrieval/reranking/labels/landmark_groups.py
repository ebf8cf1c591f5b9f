"""The index grouped by predicted landmark, most certain image first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landmark_retrieval.arrays import Float32s, Int64s
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.search.sort_keys import sort_keys, split_keys


@dataclass(frozen=True, eq=False)
class LandmarkGroups:
    """Index rows of each requested landmark; those of one landmark are one group.

    Attributes:
        starts: int64 of the requested shape, where in `rows` the group begins.
        sizes: int64 of the requested shape, images in the group; 0 for a landmark that no index image has,
            and for unknown (`-1`).
        rows: int64 rows of the index, group after group, in a group by (score descending, row ascending).
        scores: float32 score of each of the `rows`.
        places: `(n_index,)` int64, the place of each row in its group; 0 for rows in no group.
    """

    starts: Int64s
    sizes: Int64s
    rows: Int64s
    scores: Float32s
    places: Int64s


def group_by_landmark(predictions: LabelPrediction, wanted: Int64s) -> LandmarkGroups:
    """Group the rows whose landmark is among the `wanted`, an int64 array of any shape.

    A counting sort over the landmarks, then a sort within each group: linear in the index.
    """
    from landmark_retrieval.reranking.labels.landmark_group_kernels import rows_by_landmark, sort_within

    groups, bounds, rows = rows_by_landmark(wanted.ravel(), predictions.landmark_ids)
    keys = sort_keys(predictions.scores[rows], rows)
    sort_within(keys, bounds)
    scores, rows = split_keys(keys)
    sizes = np.diff(bounds)
    places = np.zeros(len(predictions), dtype=np.int64)
    places[rows] = np.arange(len(rows)) - np.repeat(bounds[:-1], sizes)
    found = groups.reshape(wanted.shape)
    return LandmarkGroups(bounds[found], np.append(sizes, 0)[found], rows, scores, places)
