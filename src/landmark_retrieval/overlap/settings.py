"""Settings of train-test overlap removal."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from landmark_retrieval.overlap.published_counts import PublishedCounts
from landmark_retrieval.verification.false_verifications import ThresholdSettings


class OverlapSettings(ThresholdSettings):
    """When a training landmark counts as one of the evaluation set, and who decides."""

    depth: int = Field(gt=0, description="nearest training images verified for each evaluation image")
    min_images: int = Field(gt=0, description="verified training images of a landmark needed to propose it")
    name_similarity: float | None = Field(
        gt=0, le=100, description="per cent from which names are similar; null: names are not compared"
    )
    max_namesakes: int = Field(gt=0, description="words shared by more training names are ignored")
    listed: tuple[int, ...] = Field(description="landmarks of published lists; proposed without evidence")
    rule: Literal["any", "majority", "all"] = Field(
        description="how many of those who decided must say 'same landmark' for it to be removed"
    )
    undecided: Literal["remove", "keep"] = Field(description="proposed landmarks without a decision")
    expected: PublishedCounts | None = Field(description="published counts that are checked; null: none")
