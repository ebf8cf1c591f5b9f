"""Nodes of label prediction."""

from __future__ import annotations

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.formats.submission import recognition_submission
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.search.exact import search
from landmark_retrieval.voting.soft_voting import soft_vote


class VotingSettings(BaseModel):
    """How landmarks are voted for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    k: int = Field(ge=1, description="neighbours that vote")


def predict(
    images: Embeddings, train: Embeddings, manifest: pd.DataFrame, settings: VotingSettings
) -> pd.DataFrame:
    """Landmark and score of each image by soft voting of its nearest training images."""
    landmarks = manifest.set_index("image_id")["landmark_id"].loc[train.image_ids.tolist()].to_numpy()
    votes = soft_vote(search(images, train, settings.k), landmarks, settings.k)
    return pd.DataFrame(
        {
            "image_id": images.image_ids,
            "landmark_id": votes.landmark_ids,
            "score": votes.scores.astype("float64"),
        }
    )


def submit_recognition(predictions: pd.DataFrame) -> pd.DataFrame:
    """Predictions in the form of the Kaggle recognition challenge."""
    prediction = LabelPrediction(
        predictions["landmark_id"].to_numpy("int64"), predictions["score"].to_numpy("float32")
    )
    return recognition_submission(prediction, predictions["image_id"].tolist())
