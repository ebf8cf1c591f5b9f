"""GAP (µAP) and top-1 of Google Landmarks v2 recognition.

After the benchmark's own `metrics.py` (tensorflow/models, research/delf).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landmark_retrieval.embeddings import index_of
from landmark_retrieval.errors import DataError
from landmark_retrieval.metrics.clusters import query_clusters
from landmark_retrieval.metrics.gldv2_retrieval import IGNORED
from landmark_retrieval.metrics.intervals import (
    Interval,
    IntervalSettings,
    Statistic,
    Values,
    bootstrap,
    cluster_numbers,
)
from landmark_retrieval.prediction import UNKNOWN


def judge_predictions(predictions: pd.DataFrame, solution: pd.DataFrame) -> pd.DataFrame:
    """Every image of the solution that counts, with what was predicted for it.

    Args:
        predictions: a `tables.Predictions`; an image may be missing or have landmark `-1`.
        solution: a `tables.RecognitionSolution`.

    Returns:
        `image_id`, `usage`, `cluster` (images of one landmark), `has_landmark`, `predicted`, `landmark_id`
        (`-1` if not predicted), `score` (0 if not predicted), `correct` (among the image's landmarks), in the
        order in which GAP reads them: what was predicted first, then score descending, then `image_id`
        ascending.

    Raises:
        DataError: a prediction is for an image that is not in the solution.
    """
    _check(predictions, solution)
    counted = solution[solution["usage"] != IGNORED]
    row = index_of(predictions["image_id"].to_numpy(), counted["image_id"].to_numpy())
    landmark, score = (np.append(predictions[name].to_numpy(), 0)[row] for name in ("landmark_id", "score"))
    predicted = (row >= 0) & (landmark != UNKNOWN)
    pairs = zip(landmark, counted["landmark_ids"], strict=True)
    table = counted[["image_id", "usage"]].assign(
        cluster=query_clusters(counted["image_id"], counted["landmark_ids"]),
        has_landmark=(counted["landmark_ids"].map(len) > 0).astype(bool),
        predicted=predicted,
        landmark_id=np.where(predicted, landmark, UNKNOWN).astype(np.int64),
        score=np.where(predicted, score, 0.0).astype(np.float64),
        correct=predicted & np.fromiter((own in true for own, true in pairs), dtype=bool, count=len(counted)),
    )
    order = ["predicted", "score", "image_id"]
    return table.sort_values(order, ascending=[False, False, True], kind="stable", ignore_index=True)


def gap(images: pd.DataFrame, ignore_without_landmark: bool = False) -> float:
    """GAP `= sum of P(i) at correct i / images with a landmark`, over the predictions of all images by score.

    `images` are from `judge_predictions`, or some of its rows in their order. Predictions for images without
    a landmark count as wrong, or are left out.
    """
    has_landmark, predicted, correct = _columns(images, ignore_without_landmark)
    if not has_landmark.any():
        return float("nan")
    precision = np.cumsum(correct) / np.maximum(np.cumsum(predicted), 1)
    return float((precision * correct).sum() / has_landmark.sum())


def gap_interval(
    images: pd.DataFrame, settings: IntervalSettings, ignore_without_landmark: bool = False
) -> Interval:
    """`gap` with its interval over clusters of images."""
    own = cluster_numbers(images["cluster"].to_numpy(), len(images))
    clusters = int(own.max(initial=-1)) + 1
    statistic = _gap_statistic(own, *_columns(images, ignore_without_landmark))
    estimate = gap(images, ignore_without_landmark)
    return bootstrap(statistic, estimate, len(images), clusters, settings, (0.0, 1.0))


def _gap_statistic(
    own: NDArray[np.int64],
    has_landmark: NDArray[np.bool_],
    predicted: NDArray[np.bool_],
    correct: NDArray[np.bool_],
) -> Statistic:
    """GAP of images repeated by the weights of their clusters; copies stand one after another."""
    right = np.flatnonzero(correct)

    def statistic(weights: Values) -> Values:
        expected = weights[:, own[has_landmark]].sum(axis=1)
        copies = weights[:, own[right]]
        seen = np.cumsum(weights[:, own] * predicted, axis=1)[:, right] - copies
        found = np.cumsum(copies, axis=1) - copies
        gained = np.zeros(len(weights))
        for copy in range(1, int(copies.max(initial=0)) + 1):
            precision = (found + copy) / (seen + copy)
            gained += np.where(copies >= copy, precision, 0.0).sum(axis=1)
        return np.where(expected > 0, gained / np.maximum(expected, 1), np.nan)

    return statistic


def _columns(
    images: pd.DataFrame, ignore_without_landmark: bool
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """`has_landmark`, `predicted`, `correct`."""
    has_landmark, correct = images["has_landmark"].to_numpy(), images["correct"].to_numpy()
    predicted = images["predicted"].to_numpy()
    return has_landmark, predicted & has_landmark if ignore_without_landmark else predicted, correct


def _check(predictions: pd.DataFrame, solution: pd.DataFrame) -> None:
    unknown = index_of(solution["image_id"].to_numpy(), predictions["image_id"].to_numpy()) < 0
    if unknown.any():
        first = predictions.loc[unknown, "image_id"].iloc[0]
        what = f"{first!r}, which is not in the solution ({unknown.sum()} such)"
        raise DataError(f"a landmark is predicted for {what}")
