"""Predicted landmarks as a table, for the catalog."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from landmark_retrieval.errors import DataError
from landmark_retrieval.prediction import LabelPrediction


def predictions_table(prediction: LabelPrediction, image_ids: Iterable[str]) -> pd.DataFrame:
    """A row per image: `image_id`, `landmark_id`, `score` (float64).

    Raises:
        DataError: there are not as many ids as predictions.
    """
    ids = np.asarray(list(image_ids), dtype=str)
    if len(ids) != len(prediction):
        raise DataError(f"predictions: expected {len(prediction)} image ids, found {len(ids)}")
    return pd.DataFrame(
        {
            "image_id": pd.array(ids, dtype="str"),
            "landmark_id": prediction.landmark_ids,
            "score": prediction.scores.astype(np.float64),
        }
    )


def read_predictions(table: pd.DataFrame, image_ids: Iterable[str]) -> LabelPrediction:
    """The predictions of some images, row by row."""
    rows = table.set_index("image_id").loc[list(image_ids)]
    return LabelPrediction(rows["landmark_id"].to_numpy(np.int64), rows["score"].to_numpy(np.float32))
