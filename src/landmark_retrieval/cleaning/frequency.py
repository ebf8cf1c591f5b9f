"""Cleaning by how many images verify an image (two-stage paper §4)."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from landmark_retrieval.cleaning.decision import Judgement, images, worded
from landmark_retrieval.cleaning.neighbours import NeighbourSettings
from landmark_retrieval.cleaning.verified_counts import count_verified
from landmark_retrieval.verification.evidence import Evidence


class FrequencySettings(NeighbourSettings):
    """An image is kept if enough of its nearest neighbours of the same landmark verify it."""

    method: Literal["frequency"]
    min_inliers: int = Field(gt=0, description="inliers that verify a pair")
    min_verified_neighbours: int = Field(gt=0, description="verified neighbours needed to keep an image")
    min_landmark_size: int = Field(
        gt=0, description="kept images needed to keep a landmark; 1 keeps all (paper), 2 as its code"
    )


def judge_by_frequency(evidence: Evidence, manifest: pd.DataFrame, settings: FrequencySettings) -> Judgement:
    """Whether enough images verify each image; a pair speaks for the image that asked for it.

    Raises:
        DataError: see `counting_pairs`.
    """
    needed = settings.min_verified_neighbours
    verified = count_verified(evidence, manifest, [settings.min_inliers])[:, 0]

    def reason(n: int) -> str:
        return (
            f"verified by {images(n)}" if n >= needed else f"verified by {n} of {images(needed, 'needed ')}"
        )

    return Judgement(verified >= needed, worded(verified[:, None].astype(np.int64), reason))
