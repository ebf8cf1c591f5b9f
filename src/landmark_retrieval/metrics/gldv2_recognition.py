"""GAP (µAP) and top-1 of Google Landmarks v2 recognition.

After the benchmark's own `metrics.py` (tensorflow/models, research/delf).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landmark_retrieval.embeddings import index_of
from landmark_retrieval.errors import DataError
from landmark_retrieval.metrics.gldv2_retrieval import IGNORED
from landmark_retrieval.metrics.intervals import Interval, IntervalSettings, Statistic, bootstrap
from landmark_retrieval.prediction import UNKNOWN


def judge_predictions(predictions: pd.DataFrame, solution: pd.DataFrame) -> pd.DataFrame:
    """Every image of the solution that counts, with what was predicted for it.

    Args:
        predictions: a `tables.Predictions`; an image may be missing or have landmark `-1`.
        solution: a `tables.RecognitionSolution`.

    Returns:
        `image_id`, `usage`, `has_landmark`, `predicted`, `landmark_id` (`-1` if not predicted), `score` (0 if
        not predicted), `correct` (among the image's landmarks), in the order in which GAP reads them: what
        was predicted first, then score descending, then `image_id` ascending.

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
    return float(_gap_statistic(images, ignore_without_landmark)(np.arange(len(images))[None])[0])


def gap_interval(
    images: pd.DataFrame, settings: IntervalSettings, ignore_without_landmark: bool = False
) -> Interval:
    """`gap` with its interval over images."""
    return bootstrap(_gap_statistic(images, ignore_without_landmark), len(images), settings)


def _gap_statistic(images: pd.DataFrame, ignore_without_landmark: bool) -> Statistic:
    has_landmark, correct = images["has_landmark"].to_numpy(), images["correct"].to_numpy()
    predicted = images["predicted"].to_numpy()
    if ignore_without_landmark:
        predicted = predicted & has_landmark

    def statistic(rows: NDArray[np.int64]) -> NDArray[np.float64]:
        precision = np.cumsum(correct[rows], axis=1) / np.maximum(np.cumsum(predicted[rows], axis=1), 1)
        expected = has_landmark[rows].sum(axis=1)
        gained = (precision * correct[rows]).sum(axis=1)
        return np.where(expected > 0, gained / np.maximum(expected, 1), np.nan)

    return statistic


def _check(predictions: pd.DataFrame, solution: pd.DataFrame) -> None:
    unknown = index_of(solution["image_id"].to_numpy(), predictions["image_id"].to_numpy()) < 0
    if unknown.any():
        first = predictions.loc[unknown, "image_id"].iloc[0]
        what = f"{first!r}, which is not in the solution ({unknown.sum()} such)"
        raise DataError(f"a landmark is predicted for {what}")
