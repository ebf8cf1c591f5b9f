"""Settings of soft voting, of its calibration and of recognition."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from landmark_retrieval.configuration import Settings


class CalibrationSettings(Settings):
    """Training images that the calibration of labels is learned on."""

    landmarks: int = Field(ge=3, description="nearest landmarks that are compared")
    sample: int = Field(ge=2, description="training images looked at as if they were new")
    seed: int = Field(ge=0, description="of their draw")


class VotingSettings(Settings):
    """How landmarks are voted for.

    Raises:
        ValueError: fewer neighbours are kept than vote.
    """

    k: int = Field(ge=1, description="neighbours that vote")
    neighbours: int = Field(ge=1, description="neighbours whose votes are kept for re-ranking, k or more")
    calibration: CalibrationSettings

    @model_validator(mode="after")
    def _enough_are_kept(self) -> VotingSettings:
        if self.neighbours < self.k:
            raise ValueError(f"neighbours {self.neighbours}: expected at least k ({self.k})")
        return self


class RecognitionSettings(Settings):
    """How the landmark of a query and its confidence are decided for the recognition task."""

    method: Literal["soft_voting", "third_place"]
    votes: int = Field(ge=1, description="neighbours that vote; third_place only")
    max_images: int = Field(
        ge=1, description="a landmark predicted for more queries is taken for a distractor; third_place only"
    )
