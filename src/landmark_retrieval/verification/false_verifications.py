"""Thresholds of verification from a stated rate of false verifications."""

from __future__ import annotations

import logging
from typing import Annotated, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field

from landmark_retrieval.arrays import Int64s, Ints
from landmark_retrieval.configuration import Settings
from landmark_retrieval.errors import DataError
from landmark_retrieval.tables import FalseVerifications, column_types
from landmark_retrieval.verification.chance import chance_bounds

logger = logging.getLogger(__name__)

AUTO = "auto"

MinInliers = Annotated[int, Field(gt=0)] | Literal["auto"]
"""Inliers that verify a pair: a number, or chosen by the rate of false verifications."""

_SHOWN_BEYOND = 5
_MOST = 10_000


class FalseVerificationSettings(Settings):
    """How the rate of false verifications is measured, and which one `min_inliers: auto` keeps."""

    rate: float = Field(
        gt=0, description="false verifications expected per image, over all pairs tried for it"
    )
    pairs: int = Field(gt=0, description="pairs of images of different landmarks that are verified")
    confidence: float = Field(gt=0, lt=1, description="of the upper bound on the rate of a pair, one-sided")
    seed: int = Field(ge=0, description="of the choice of pairs")
    drawn: int = Field(ge=0, description="of these pairs, those with the most inliers are drawn on pages")


class ThresholdSettings(Settings):
    """Settings with a threshold on inliers."""

    min_inliers: MinInliers = Field(description="inliers that verify a pair, or auto")

    @property
    def needed_inliers(self) -> int:
        """The threshold as a number.

        Raises:
            DataError: it is still to be chosen.
        """
        if isinstance(self.min_inliers, str):
            raise DataError("min_inliers: auto has to be chosen first, from pairs of different landmarks")
        return self.min_inliers

    def chosen(self, table: pd.DataFrame, rate: float) -> Self:
        """The same with a number for `auto`, see `threshold`."""
        return self.model_copy(update={"min_inliers": threshold(self.min_inliers, table, rate)})


def false_verifications(
    inliers: Ints,
    evidence_inliers: Ints,
    tried: float,
    min_inliers: MinInliers,
    settings: FalseVerificationSettings,
) -> pd.DataFrame:
    """How many pairs of different landmarks, and of the evidence, have at least 0, 1, … inliers.

    What an image risks is the rate of a pair times the pairs that are tried for it: who compares an image
    with a hundred others verifies it falsely a hundred times as often.

    Args:
        inliers: `(n,)` of pairs of different landmarks.
        evidence_inliers: `(m,)` of the pairs that are to be judged.
        tried: pairs tried for an image on average.
        min_inliers: threshold that is used.
        settings: rate and confidence.

    Returns:
        `tables.FalseVerifications`, a row per count, to some counts above the threshold.

    Raises:
        DataError: `min_inliers` is `auto` and no pair of different landmarks was verified.
    """
    if min_inliers == AUTO and not len(inliers):
        raise DataError("min_inliers: auto needs pairs of images of different landmarks, found none")
    counts, chance = np.arange(_MOST), np.ones(_MOST)
    if len(inliers):
        chance = chance_bounds(np.minimum(inliers, _MOST - 1), _MOST - 1, settings.confidence)
    table = pd.DataFrame({"min_inliers": counts, "chance": chance, "per_image": chance * tried})
    used = threshold(min_inliers, table, settings.rate)
    needed = int((table["per_image"] > settings.rate).sum())
    seen = max((int(found.max(initial=0)) for found in (inliers, evidence_inliers)), default=0)
    table = table.head(max(used, min(needed, seen)) + _SHOWN_BEYOND)
    for name, found in (("different", inliers), ("evidence", evidence_inliers)):
        at_least = _at_least(found, len(table))
        table[f"{name}_pairs"], table[f"{name}_share"] = at_least, at_least / max(len(found), 1)
    how = "chosen" if min_inliers == AUTO else "given"
    table["used"] = np.where(table["min_inliers"] == used, how, "")
    types = column_types(FalseVerifications)
    table = table.astype(types)[list(types)].reset_index(drop=True)
    logger.info("%s", statement(table))
    return table


def threshold(min_inliers: MinInliers, table: pd.DataFrame, rate: float) -> int:
    """A number as it is; for `auto` the smallest with at most `rate` false verifications per image.

    Raises:
        DataError: no number of the table keeps the rate.
    """
    if not isinstance(min_inliers, str):
        return min_inliers
    kept = table["per_image"].to_numpy() <= rate
    if not kept.any():
        raise DataError(
            f"min_inliers: auto: no number of inliers keeps {rate:g} false verifications per image; "
            "verify more pairs of different landmarks (false_verifications.pairs), admit a higher rate, or "
            "give a number"
        )
    return max(int(table["min_inliers"].to_numpy()[kept.argmax()]), 1)


def used_row(table: pd.DataFrame) -> pd.Series:
    """The row of `tables.FalseVerifications` of the threshold that is used."""
    return table[table["used"] != ""].iloc[0]


def statement(table: pd.DataFrame) -> str:
    """The threshold that is used and the evidence for it, in words."""
    row, everything = used_row(table), table.iloc[0]
    how = "chosen by the rate of false verifications" if row["used"] == "chosen" else "as given"
    text = (
        f"A pair is verified from {row['min_inliers']} inliers on ({how}). Of "
        f"{everything['evidence_pairs']:,} pairs of the evidence {row['evidence_pairs']:,} have as many"
    )
    if not everything["different_pairs"]:
        return f"{text}; no pair of different landmarks was at hand to compare them with."
    exceeds = row["different_share"] > row["chance"]
    return (
        f"{text}, of {everything['different_pairs']:,} pairs of different landmarks "
        f"{row['different_pairs']:,}. Chance explains at most {100 * row['chance']:.2g} % of pairs, or "
        f"{row['per_image']:.2g} false verifications per image with {everything['per_image']:.3g} pairs tried"
        + ("; the others do show the same: wrong labels, watermarks." if exceeds else ".")
    )


def chosen_note(table: pd.DataFrame) -> str:
    """What reasons of decisions say of a threshold that was chosen; nothing of one that was given."""
    row = used_row(table)
    return f" ({row['min_inliers']} inliers needed, auto)" if row["used"] == "chosen" else ""


def _at_least(inliers: Ints, n: int) -> Int64s:
    """How many have at least 0, 1, …, `n - 1`."""
    return len(inliers) - np.append(0, np.bincount(np.minimum(inliers, n), minlength=n + 1).cumsum()[: n - 1])
