"""Votes and predicted landmarks as tables, for the catalog."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from landmark_retrieval.errors import DataError
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.voting.votes import Votes


def votes_table(votes: Votes, image_ids: Iterable[str]) -> pd.DataFrame:
    """A row per image and neighbour: `image_id`, `rank` (from 0), `landmark_id`, `cosine` (float32).

    Where an image has fewer neighbours, the landmark is -1 and the cosine -inf.
    """
    ids = np.asarray(list(image_ids), dtype=str)
    return pd.DataFrame(
        {
            "image_id": pd.array(np.repeat(ids, votes.depth), dtype="str"),
            "rank": np.tile(np.arange(votes.depth), len(ids)),
            "landmark_id": votes.landmark_ids.ravel(),
            "cosine": votes.cosines.ravel(),
        }
    )


def read_votes(table: pd.DataFrame, image_ids: Iterable[str]) -> Votes:
    """The votes of a table, row by row the images.

    Raises:
        DataError: the table is not of these images, each with as many rows.
    """
    ids = list(image_ids)
    depth = len(table) // max(1, len(ids))
    ordered = table.sort_values(["image_id", "rank"], kind="stable")
    order = np.argsort(np.asarray(ids, dtype=str), kind="stable")
    expected = np.repeat(np.asarray(ids, dtype=str)[order], depth)
    if not np.array_equal(ordered["image_id"].to_numpy(str), expected):
        raise DataError(f"votes: {len(table)} rows are not those of the {len(ids)} images")
    votes = Votes(np.zeros((len(ids), depth), np.int64), np.zeros((len(ids), depth), np.float32))
    votes.landmark_ids[order] = ordered["landmark_id"].to_numpy().reshape(len(ids), depth)
    votes.cosines[order] = ordered["cosine"].to_numpy().reshape(len(ids), depth)
    return votes


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
