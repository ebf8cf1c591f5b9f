"""Nodes of label prediction."""

from __future__ import annotations

from typing import Any

import pandas as pd
from pydantic import Field, model_validator

from landmark_retrieval.configuration import Settings
from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.formats.submission import recognition_submission
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.search.approximate.index import ApproximateIndex
from landmark_retrieval.search.settings import SearchSettings, build_with, search_with
from landmark_retrieval.voting.calibration import fit_calibration
from landmark_retrieval.voting.soft_voting import soft_vote
from landmark_retrieval.voting.training_votes import training_votes
from landmark_retrieval.voting.votes import collect_votes, label_train_set
from landmark_retrieval.voting.votes_table import votes_table


class CalibrationSettings(Settings):
    """On what the worth of votes is learned."""

    votes: int = Field(ge=1, description="neighbours whose votes are looked at")
    sample: int = Field(ge=2, description="training images voted on as if they were new")
    seed: int = Field(ge=0, description="of their draw")


class VotingSettings(Settings):
    """How landmarks are voted for."""

    k: int = Field(ge=1, description="neighbours that vote")
    neighbours: int = Field(ge=1, description="neighbours whose votes are kept for re-ranking, k or more")
    calibration: CalibrationSettings

    @model_validator(mode="after")
    def _enough_are_kept(self) -> VotingSettings:
        if self.neighbours < max(self.k, self.calibration.votes):
            raise ValueError(
                f"neighbours {self.neighbours}: expected at least k ({self.k}) and calibration.votes "
                f"({self.calibration.votes})"
            )
        return self


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
    """Landmark and score of each image by soft voting of its nearest training images, and who voted."""
    found = search_with(searching, images, train, settings.neighbours, train_index)
    votes = collect_votes(found, label_train_set(train, manifest).landmark_ids, settings.neighbours)
    prediction = soft_vote(votes, settings.k)
    predictions = pd.DataFrame(
        {
            "image_id": images.image_ids,
            "landmark_id": prediction.landmark_ids,
            "score": prediction.scores.astype("float64"),
        }
    )
    return {"predictions": predictions, "votes": votes_table(votes, images.image_ids.tolist())}


def calibrate(train: Embeddings, manifest: pd.DataFrame, settings: VotingSettings) -> dict[str, Any]:
    """What votes are worth, learned from training images that are voted on as if they were new."""
    chosen = settings.calibration
    votes, right = training_votes(label_train_set(train, manifest), chosen.votes, chosen.sample, chosen.seed)
    return fit_calibration(votes, right, chosen.votes).model_dump()


def submit_recognition(predictions: pd.DataFrame) -> pd.DataFrame:
    """Predictions in the form of the Kaggle recognition challenge."""
    prediction = LabelPrediction(
        predictions["landmark_id"].to_numpy("int64"), predictions["score"].to_numpy("float32")
    )
    return recognition_submission(prediction, predictions["image_id"].tolist())
