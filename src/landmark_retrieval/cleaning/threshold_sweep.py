"""How many images and landmarks other thresholds would keep."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from time import perf_counter

import numpy as np
import pandas as pd
from pydantic import Field

from landmark_retrieval.cleaning.verified_counts import count_verified, landmark_codes, landmark_sizes
from landmark_retrieval.configuration import Settings
from landmark_retrieval.errors import DataError
from landmark_retrieval.manifests.manifest import checked_manifest
from landmark_retrieval.verification.evidence import Evidence

log = logging.getLogger(__name__)


class SurfaceSettings(Settings):
    """Thresholds that are tried."""

    inliers: tuple[int, ...] = Field(min_length=1, description="bounds on the inliers of a pair, ascending")
    frequencies: tuple[int, ...] = Field(
        min_length=1, description="verified images that an image needs, ascending"
    )


def threshold_surface(
    evidence: Evidence,
    manifest: pd.DataFrame,
    inliers: Sequence[int],
    frequencies: Sequence[int],
    strict: bool,
    min_landmark_size: int,
) -> pd.DataFrame:
    """What cleaning by frequency would keep for each pair of thresholds (grid of the two-stage paper's code).

    The evidence is read once: for each image it is counted how many verify it under each bound.

    Args:
        evidence: pairs of images of the manifest.
        manifest: `tables.Manifest` of the variant to clean.
        inliers: bounds on the inliers of a pair, ascending.
        frequencies: verified images that an image needs.
        strict: more inliers than the bound needed, else as many.
        min_landmark_size: kept images that a landmark needs.

    Returns:
        Columns `min_inliers`, `min_frequency`, `images` and `landmarks` kept, in the order given.

    Raises:
        DataError: as of `spatial_cleaning.decide`; the bounds do not ascend, or a frequency is below 1.
    """
    started = perf_counter()
    if min(frequencies, default=1) < 1:
        raise DataError(f"frequencies: expected at least 1, found {min(frequencies)}")
    source = checked_manifest(manifest)
    verified, codes = count_verified(evidence, source, inliers, strict), landmark_codes(source)
    cells = []
    for column, min_inliers in enumerate(inliers):
        for min_frequency in frequencies:
            stays = (verified[:, column] >= min_frequency) & (codes >= 0)
            stays &= landmark_sizes(codes, stays) >= min_landmark_size
            cells.append((min_inliers, min_frequency, int(stays.sum()), len(np.unique(codes[stays]))))
    log.info("%d pairs of thresholds in %.1f s", len(cells), perf_counter() - started)
    return pd.DataFrame(cells, columns=["min_inliers", "min_frequency", "images", "landmarks"], dtype="int64")
