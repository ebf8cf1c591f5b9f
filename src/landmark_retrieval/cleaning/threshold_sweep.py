"""Images and landmarks that cleaning by frequency keeps under other thresholds."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from time import perf_counter

import numpy as np
import pandas as pd
from pydantic import Field

from landmark_retrieval.cleaning.verified_counts import (
    count_verified,
    landmark_codes,
    landmark_sizes,
    too_small_to_verify,
)
from landmark_retrieval.configuration import Settings
from landmark_retrieval.errors import DataError
from landmark_retrieval.manifests.manifest import checked_manifest
from landmark_retrieval.tables import ThresholdSweep, ThresholdSweepBesideChance, column_types, table_of
from landmark_retrieval.verification.evidence import Evidence

logger = logging.getLogger(__name__)


class SweepSettings(Settings):
    """Thresholds to try."""

    min_inliers: tuple[int, ...] = Field(min_length=1, description="inliers that verify a pair, ascending")
    min_verified_neighbours: tuple[int, ...] = Field(min_length=1, description="needed to keep an image")

    def with_inliers(self, min_inliers: int) -> SweepSettings:
        """The grid with this threshold among its numbers of inliers."""
        return self.model_copy(update={"min_inliers": tuple(sorted({*self.min_inliers, min_inliers}))})


def beside_chance(sweep: pd.DataFrame, compared: pd.DataFrame) -> pd.DataFrame:
    """A sweep with the share of pairs of different landmarks that each threshold would verify.

    `compared` is `tables.FalseVerifications`; numbers of inliers beyond its last row take that row's bound.
    """
    rows = compared.iloc[sweep["min_inliers"].clip(upper=len(compared) - 1)]
    joined = sweep.assign(
        different_share=rows["different_share"].to_numpy(), per_image=rows["per_image"].to_numpy()
    )
    return joined[list(column_types(ThresholdSweepBesideChance))]


def threshold_sweep(
    evidence: Evidence,
    manifest: pd.DataFrame,
    min_inliers: Sequence[int],
    min_verified_neighbours: Sequence[int],
    min_landmark_size: int,
    *,
    keep_too_small: bool = False,
) -> pd.DataFrame:
    """What cleaning by frequency would keep for each pair of thresholds (grid of the two-stage paper's code).

    The evidence is read once: for each image it is counted how many verify it under each bound. The result is
    a `tables.ThresholdSweep` in the order given; `min_inliers` must ascend. With `keep_too_small`, landmarks
    with too few images for the neighbours of a cell are kept whole.

    Raises:
        DataError: as of `spatial_cleaning.clean`; `min_inliers` do not ascend, or
            `min_verified_neighbours` has a number below 1.
    """
    started = perf_counter()
    if min(min_verified_neighbours, default=1) < 1:
        raise DataError(f"min_verified_neighbours: expected at least 1, found {min(min_verified_neighbours)}")
    source = checked_manifest(manifest)
    verified, codes = count_verified(evidence, source, min_inliers), landmark_codes(source)
    cells = []
    for column, inliers in enumerate(min_inliers):
        for neighbours in min_verified_neighbours:
            keep = (verified[:, column] >= neighbours) & (codes >= 0)
            keep &= landmark_sizes(codes, keep) >= min_landmark_size
            if keep_too_small:
                keep |= too_small_to_verify(codes, neighbours + 1)
            cells.append((inliers, neighbours, int(keep.sum()), len(np.unique(codes[keep]))))
    logger.info("%d pairs of thresholds in %.1f s", len(cells), perf_counter() - started)
    return table_of(ThresholdSweep, cells)
