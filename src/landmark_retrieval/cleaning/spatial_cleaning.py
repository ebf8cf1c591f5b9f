"""Cleaning of a training set by spatial verification."""

from __future__ import annotations

import logging
from time import perf_counter
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field, RootModel

from landmark_retrieval.cleaning.decision import Judgement, images
from landmark_retrieval.cleaning.frequency import FrequencySettings, judge_by_frequency
from landmark_retrieval.cleaning.match_graph import MatchGraphSettings, judge_by_components
from landmark_retrieval.cleaning.verified_counts import landmark_codes, landmark_sizes
from landmark_retrieval.manifests.manifest import checked_manifest
from landmark_retrieval.verification.evidence import Evidence

log = logging.getLogger(__name__)


class CleaningSettings(
    RootModel[Annotated[FrequencySettings | MatchGraphSettings, Field(discriminator="method")]], frozen=True
):
    """When an image of a noisy training set is kept: one of the methods."""

    @property
    def neighbours(self) -> int:
        """Nearest images looked at for each image."""
        return self.root.neighbours

    @property
    def max_verified(self) -> int:
        """Of these, at most so many of the same landmark are verified."""
        return self.root.max_verified


def decide(
    evidence: Evidence, source: pd.DataFrame, settings: CleaningSettings, evidence_name: str
) -> pd.DataFrame:
    """The manifest of the cleaned variant: every image of the source manifest, in or out, with its reason.

    Pairs of two different images of one landmark that the source keeps count. What the source leaves out
    stays out, with the source's reason and evidence.

    Args:
        evidence: pairs of images of the source.
        source: `tables.Manifest` of the variant to clean.
        settings: method and thresholds.
        evidence_name: of the artefact that holds the evidence; stands beside each decision.

    Raises:
        DataError: the manifest breaks its schema, the evidence is between two sets of images, or it names an
            image that the source lacks.
    """
    started = perf_counter()
    manifest = checked_manifest(source)
    judgement = _judge(evidence, manifest, settings)
    cleaned = _with_judgement(manifest, judgement, settings.root.min_landmark_size, evidence_name)
    seconds = perf_counter() - started
    log.info(
        "%s: kept %d of %d images on %d pairs in %.1f s (%.0f pairs/s)",
        settings.root.method, cleaned["kept"].sum(), len(cleaned), len(evidence), seconds,
        len(evidence) / seconds,
    )  # fmt: skip
    return cleaned


def _judge(evidence: Evidence, manifest: pd.DataFrame, settings: CleaningSettings) -> Judgement:
    if isinstance(settings.root, MatchGraphSettings):
        return judge_by_components(evidence, manifest, settings.root)
    return judge_by_frequency(evidence, manifest, settings.root)


def _with_judgement(
    manifest: pd.DataFrame, judgement: Judgement, min_landmark_size: int, evidence_name: str
) -> pd.DataFrame:
    codes = landmark_codes(manifest)
    stays = judgement.stays & (codes >= 0)
    large = landmark_sizes(codes, stays) >= min_landmark_size
    too_small = f"landmark left with fewer than {images(min_landmark_size)}"
    reason = pd.Series(judgement.reasons).mask(stays & ~large, too_small)
    was_kept = np.asarray(codes >= 0)
    return manifest.assign(
        kept=stays & large,
        reason=reason.where(was_kept, manifest["reason"]).astype("str"),
        evidence=manifest["evidence"].mask(was_kept, evidence_name).astype("str"),
    )
