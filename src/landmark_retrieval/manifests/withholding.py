"""Withholding of landmarks, to evaluate methods on landmarks missing from the training set."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pydantic import Field

from landmark_retrieval.configuration import Settings
from landmark_retrieval.manifests.landmark_removal import remove_landmarks
from landmark_retrieval.manifests.manifest import kept


class WithholdingSettings(Settings):
    """Which of a benchmark's landmarks are withheld."""

    share: float = Field(ge=0, le=1, description="of the benchmark's landmarks that the training set holds")
    seed: int = Field(ge=0, description="of the draw; a larger share withholds the same landmarks and more")


def withhold(
    manifest: pd.DataFrame, solution: pd.DataFrame, settings: WithholdingSettings, reason: str
) -> pd.DataFrame:
    """The manifest without a drawn share of the landmarks that queries show.

    `solution` (`tables.RecognitionSolution`) names landmarks by the training set's ids; `reason` is given to
    the removed images.
    """
    shown = np.unique(solution["landmark_ids"].explode().dropna().to_numpy(np.int64))
    held = np.intersect1d(shown, kept(manifest)["landmark_id"].to_numpy())
    drawn = np.random.default_rng(settings.seed).permutation(held)
    withheld = drawn[: round(settings.share * len(held))]
    return remove_landmarks(manifest, dict.fromkeys(withheld.tolist(), "withheld"), reason, evidence="")
