"""Cleaning of a training set by spatial verification."""

from __future__ import annotations

import logging
from time import perf_counter
from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, RootModel

from landmark_retrieval.cleaning.decision import Decision, format_reasons, images
from landmark_retrieval.cleaning.frequency import FrequencySettings
from landmark_retrieval.cleaning.match_graph import MatchGraphSettings
from landmark_retrieval.cleaning.method import CleaningMethod
from landmark_retrieval.cleaning.verified_counts import landmark_codes, landmark_sizes, too_small_to_verify
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
    evidence, is written beside each decision, and `note` behind its reason. With `too_small: keep`, landmarks
    of fewer than `images_needed` images are kept without evidence, whatever `min_landmark_size` is.

    Raises:
        DataError: the manifest breaks its schema, the evidence is between two sets of images, or it names an
            image that the source lacks.
    """
    started = perf_counter()
    manifest = checked_manifest(source)
    decision = settings.root.decide(evidence, manifest)
    if note:
        decision = Decision(decision.keep, (pd.Series(decision.reasons) + note).array)
    cleaned = _apply(manifest, decision, settings.root, evidence_name)
    seconds = perf_counter() - started
    logger.info(
        "%s: kept %d of %d images on %d pairs in %.1f s (%.0f pairs/s)",
        settings.root.method, cleaned["kept"].sum(), len(cleaned), len(evidence), seconds,
        len(evidence) / seconds,
    )  # fmt: skip
    return cleaned


def _apply(
    manifest: pd.DataFrame, decision: Decision, method: CleaningMethod, evidence_name: str
) -> pd.DataFrame:
    codes = landmark_codes(manifest)
    keep = decision.keep & (codes >= 0)
    large = landmark_sizes(codes, keep) >= method.min_landmark_size
    few_left = f"landmark left with fewer than {images(method.min_landmark_size)}"
    reason = pd.Series(decision.reasons).mask(keep & ~large, few_left)
    was_kept = np.asarray(codes >= 0)
    cleaned = manifest.assign(
        kept=keep & large,
        reason=reason.where(was_kept, manifest["reason"]).astype("str"),
        evidence=manifest["evidence"].mask(was_kept, evidence_name).astype("str"),
    )
    return _keep_too_small(cleaned, codes, method.images_needed) if method.too_small == "keep" else cleaned


def _keep_too_small(cleaned: pd.DataFrame, codes: NDArray[np.int64], images_needed: int) -> pd.DataFrame:
    unverified = too_small_to_verify(codes, images_needed)
    sizes = landmark_sizes(codes, codes >= 0)
    texts = format_reasons(sizes[:, None], lambda n: f"landmark of {images(n)}, too few to verify")
    return cleaned.assign(
        kept=cleaned["kept"] | unverified,
        reason=cleaned["reason"].mask(unverified, pd.Series(texts)).astype("str"),
        evidence=cleaned["evidence"].mask(unverified, "").astype("str"),
    )
