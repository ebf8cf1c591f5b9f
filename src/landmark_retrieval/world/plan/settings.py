"""Settings of the generated world: its size, and the share of faults."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from landmark_retrieval.configuration import Settings

Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class SmallSetSettings(Settings):
    """The GLD-v1-like training set: small and fairly clean."""

    landmarks: Count
    photographs_per_landmark: float = Field(ge=2, description="mean")
    shared_landmarks: Count = Field(description="of the landmarks, how many also occur in the noisy set")
    wrong_label_rate: Share


class NoisySetSettings(Settings):
    """The GLD-v2-like set: noisy train, index, queries."""

    landmarks: Count = Field(description="in train, index, or both")
    train_only_share: Share = Field(description="of the landmarks, those not in the index")
    index_only_share: Share = Field(description="of the landmarks, those not in train")
    train_photographs_per_landmark: float = Field(ge=2, description="mean, as labelled")
    index_photographs_per_landmark: float = Field(ge=2, description="mean")
    index_distractors: Count = Field(description="index images of no queried landmark")
    queries: Count
    queries_without_landmark_share: Share = Field(description="of the queries, those with nothing relevant")
    wrong_label_rate: Share = Field(description="of the train images, those of another landmark")
    irrelevant_rate: Share = Field(description="of the train images, those of no landmark at all")

    @model_validator(mode="after")
    def _some_landmarks_in_both(self) -> Self:
        if self.train_only_share + self.index_only_share > 1:
            raise ValueError("train_only_share + index_only_share is more than 1")
        if self.wrong_label_rate + self.irrelevant_rate > 1:
            raise ValueError("wrong_label_rate + irrelevant_rate is more than 1")
        return self


class RevisitedSetSettings(Settings):
    """The evaluation set in the form of revisited Oxford and Paris."""

    landmarks: Count
    queries: Count
    index_photographs_per_landmark: float = Field(ge=2, description="mean")
    distractors: Count
    landmarks_in_train: Count = Field(description="of the landmarks, how many the noisy train set also has")
    same_names: Count = Field(description="of those, how many bear the same name in both sets")

    @model_validator(mode="after")
    def _parts_within_wholes(self) -> Self:
        if not self.same_names <= self.landmarks_in_train <= self.landmarks:
            raise ValueError("same_names <= landmarks_in_train <= landmarks is broken")
        return self


class WorldSettings(Settings):
    """The whole world. Worlds of different seeds have no landmark in common."""

    seed: Count
    long_side: int = Field(ge=32, le=2048, description="of every photograph, pixels")
    workers: Count = Field(description="processes that render; 0 for one on every core")
    size_spread: float = Field(
        ge=0, le=3, description="standard deviation of the logarithm of a landmark's number of photographs"
    )
    interior_share: Share = Field(description="of a landmark's photographs, those taken inside")
    detail_share: Share = Field(description="of a landmark's photographs, those of a part of the front")
    lookalike_share: Share = Field(description="of the landmarks, those that have a look-alike")
    gldv1: SmallSetSettings
    gldv2: NoisySetSettings
    revisited: RevisitedSetSettings

    @model_validator(mode="after")
    def _shares_fit(self) -> Self:
        if self.interior_share + self.detail_share > 1:
            raise ValueError("interior_share + detail_share is more than 1")
        return self
