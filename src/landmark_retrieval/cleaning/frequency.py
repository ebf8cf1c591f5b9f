"""Cleaning by the number of images that verify an image (two-stage paper §4)."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from landmark_retrieval.cleaning.decision import Decision, format_reasons, images
from landmark_retrieval.cleaning.method import CleaningMethod
from landmark_retrieval.cleaning.verified_counts import count_verified
from landmark_retrieval.verification.evidence import Evidence


class FrequencySettings(CleaningMethod):
    """An image is kept if enough of its nearest neighbours of the same landmark verify it."""

    method: Literal["frequency"]
    min_verified_neighbours: int = Field(gt=0, description="verified neighbours needed to keep an image")

    @property
    def thresholds(self) -> tuple[int, int]:
        """The sweep's cell for these settings."""
        return self.needed_inliers, self.min_verified_neighbours

    @property
    def images_needed(self) -> int:
        """An image and the neighbours that verify it."""
        return self.min_verified_neighbours + 1

    def decide(self, evidence: Evidence, manifest: pd.DataFrame) -> Decision:
        """Keep images that enough of their own neighbours verify."""
        needed = self.min_verified_neighbours
        verified = count_verified(evidence, manifest, [self.needed_inliers])[:, 0]

        def reason(n: int) -> str:
            if n >= needed:
                return f"verified by {images(n)}"
            return f"verified by {n} of {images(needed, 'needed ')}"

        return Decision(verified >= needed, format_reasons(verified[:, None].astype(np.int64), reason))
