"""Cleaning of a training set by spatial verification."""

from __future__ import annotations

import logging
from time import perf_counter
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field, RootModel

from landmark_retrieval.cleaning.decision import Decision, images
from landmark_retrieval.cleaning.frequency import FrequencySettings
from landmark_retrieval.cleaning.match_graph import MatchGraphSettings
from landmark_retrieval.cleaning.verified_counts import landmark_codes, landmark_sizes
from landmark_retrieval.manifests.manifest import checked_manifest
from landmark_retrieval.verification.evidence import Evidence

logger = logging.getLogger(__name__)


class CleaningSettings(
    RootModel[Annotated[FrequencySettings | MatchGraphSettings, Field(discriminator="method")]], frozen=True
):
    """Settings of one of the cleaning methods."""

    def chosen(self, table: pd.DataFrame, rate: float) -> CleaningSettings:
        """The same with a number for `min_inliers: auto`, see `ThresholdSettings.chosen`."""
        return CleaningSettings(self.root.chosen(table, rate))


def clean(
    evidence: Evidence, source: pd.DataFrame, settings: CleaningSettings, evidence_name: str, note: str = ""
) -> pd.DataFrame:
    """The manifest of the cleaned variant: every image of the source manifest, kept or removed, and why.

    Pairs of two different images of one landmark that the source keeps count. Images that the source has
    removed stay removed, with the source's reason and evidence. `evidence_name`, the artefact that holds the
    evidence, is written beside each decision, and `note` behind its reason.

    Raises:
        DataError: the manifest breaks its schema, the evidence is between two sets of images, or it names an
            image that the source lacks.
    """
    started = perf_counter()
    manifest = checked_manifest(source)
    decision = settings.root.decide(evidence, manifest)
    if note:
        decision = Decision(decision.keep, (pd.Series(decision.reasons) + note).array)
    cleaned = _apply(manifest, decision, settings.root.min_landmark_size, evidence_name)
    seconds = perf_counter() - started
    logger.info(
        "%s: kept %d of %d images on %d pairs in %.1f s (%.0f pairs/s)",
        settings.root.method, cleaned["kept"].sum(), len(cleaned), len(evidence), seconds,
        len(evidence) / seconds,
    )  # fmt: skip
    return cleaned


def _apply(
    manifest: pd.DataFrame, decision: Decision, min_landmark_size: int, evidence_name: str
) -> pd.DataFrame:
    codes = landmark_codes(manifest)
    keep = decision.keep & (codes >= 0)
    large = landmark_sizes(codes, keep) >= min_landmark_size
    too_small = f"landmark left with fewer than {images(min_landmark_size)}"
    reason = pd.Series(decision.reasons).mask(keep & ~large, too_small)
    was_kept = np.asarray(codes >= 0)
    return manifest.assign(
        kept=keep & large,
        reason=reason.where(was_kept, manifest["reason"]).astype("str"),
        evidence=manifest["evidence"].mask(was_kept, evidence_name).astype("str"),
    )
