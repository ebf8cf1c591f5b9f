"""Base of all cleaning methods."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

import pandas as pd
from pydantic import Field

from landmark_retrieval.cleaning.decision import Decision
from landmark_retrieval.cleaning.threshold_sweep import SweepSettings, threshold_sweep
from landmark_retrieval.verification.evidence import Evidence
from landmark_retrieval.verification.false_verifications import ThresholdSettings


class CleaningMethod(ThresholdSettings, ABC):
    """Settings of a cleaning method, and the rule itself.

    A new method is a subclass with a `method: Literal["its name"]` and `decide`, listed in
    `spatial_cleaning.CleaningSettings`.
    """

    neighbours: int = Field(gt=0, description="nearest images considered for each image")
    max_verified: int = Field(gt=0, description="of these, at most so many of the same landmark are verified")
    copies_verify: bool = Field(description="whether near-duplicates of one picture verify each other")
    min_landmark_size: int = Field(
        gt=0, description="kept images needed to keep a landmark; 1 keeps all (paper), 2 as its code"
    )
    too_small: Literal["remove", "keep"] = Field(
        description="what to do with landmarks of so few images that none can be verified"
    )

    @property
    @abstractmethod
    def images_needed(self) -> int:
        """Images that a landmark has at least if any of them can be verified."""

    @abstractmethod
    def decide(self, evidence: Evidence, manifest: pd.DataFrame) -> Decision:
        """Which images to keep; removed ones and landmarks that become too small are handled elsewhere.

        Pairs of one landmark that the manifest keeps count; errors as `verified_counts.counting_pairs`.
        """

    def sweep(self, evidence: Evidence, manifest: pd.DataFrame, grid: SweepSettings) -> pd.DataFrame:
        """What other thresholds would keep; by default those of cleaning by frequency."""
        return threshold_sweep(
            evidence,
            manifest,
            grid.min_inliers,
            grid.min_verified_neighbours,
            self.min_landmark_size,
            keep_too_small=self.too_small == "keep",
        )

    @property
    def thresholds(self) -> tuple[int, int]:
        """The sweep's cell for these settings: inliers, and verified neighbours."""
        return self.needed_inliers, 1
