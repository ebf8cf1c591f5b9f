"""Ground truth in the form of GLD-v2 from the landmarks of the images."""

from __future__ import annotations

import numpy as np
import pandas as pd


def retrieval_solution(query: pd.DataFrame, index: pd.DataFrame, usages: pd.Series) -> pd.DataFrame:
    """`tables.RetrievalSolution`: relevant are the index images of the query's landmark.

    Queries and index have `image_id` and `landmark_id`, negative for images of no landmark; queries without a
    relevant image are ignored.
    """
    of_landmark = index[index["landmark_id"] >= 0].groupby("landmark_id")["image_id"].apply(list).to_dict()
    relevant = pd.Series([of_landmark.get(landmark, []) for landmark in query["landmark_id"]], dtype=object)
    usage = usages.where(relevant.str.len() > 0, "Ignored")
    return pd.DataFrame({"image_id": query["image_id"], "usage": usage, "relevant": relevant})


def recognition_solution(query: pd.DataFrame, train: pd.DataFrame, usages: pd.Series) -> pd.DataFrame:
    """`tables.RecognitionSolution`; landmarks that no training image shows count as none."""
    known = set(train["landmark_id"])
    landmarks = [
        np.array([landmark] if landmark in known else [], dtype=np.int64) for landmark in query["landmark_id"]
    ]
    landmark_ids = pd.Series(landmarks, dtype=object)
    return pd.DataFrame({"image_id": query["image_id"], "usage": usages, "landmark_ids": landmark_ids})
