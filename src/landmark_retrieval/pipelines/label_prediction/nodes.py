"""Nodes of label prediction."""

from __future__ import annotations

from typing import Any

import pandas as pd

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.formats.submission import recognition_submission
from landmark_retrieval.search.approximate.index import ApproximateIndex
from landmark_retrieval.search.settings import SearchSettings, build_with
from landmark_retrieval.voting import recognition
from landmark_retrieval.voting.settings import RecognitionSettings, VotingSettings
from landmark_retrieval.voting.soft_voting import predict_landmarks
from landmark_retrieval.voting.tables import predictions_table, read_predictions, read_votes, votes_table
from landmark_retrieval.voting.training_landmarks import calibrate_labels
from landmark_retrieval.voting.votes import label_train_set


def index_train(train: Embeddings, settings: SearchSettings) -> ApproximateIndex:
    """An approximate index of the training images."""
    return build_with(settings, train)


def predict(
    images: Embeddings,
    train: Embeddings,
    manifest: pd.DataFrame,
    settings: VotingSettings,
    searching: SearchSettings,
    train_index: ApproximateIndex | None = None,
) -> dict[str, pd.DataFrame]:
    """Landmark and score of each image by soft voting of its nearest training images, and their votes."""
    voters = label_train_set(train, manifest)
    prediction, votes = predict_landmarks(images, voters, settings, searching, train_index)
    ids = images.image_ids.tolist()
    return {"predictions": predictions_table(prediction, ids), "votes": votes_table(votes, ids)}


def calibrate(train: Embeddings, manifest: pd.DataFrame, settings: VotingSettings) -> dict[str, Any]:
    """How probable near landmarks are, learned on training images looked at as if they were new."""
    return calibrate_labels(label_train_set(train, manifest), settings.calibration).model_dump()


def recognise(predictions: pd.DataFrame, votes: pd.DataFrame, settings: RecognitionSettings) -> pd.DataFrame:
    """Landmark and confidence of each query, as the recognition task judges them."""
    ids = predictions["image_id"].tolist()
    found = recognition.recognise(read_predictions(predictions, ids), read_votes(votes, ids), settings)
    return predictions_table(found, ids)


def submit_recognition(predictions: pd.DataFrame) -> pd.DataFrame:
    """Predictions in the form of the Kaggle recognition challenge."""
    ids = predictions["image_id"].tolist()
    return recognition_submission(read_predictions(predictions, ids), ids)
