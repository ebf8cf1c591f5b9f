"""Verified pairs of one landmark, and how many images verify each image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from landmark_retrieval.errors import DataError
from landmark_retrieval.verification.evidence import BACKWARD, FORWARD, Evidence

BLOCK = 2**22
"""Pairs processed at a time: some 200 MiB of rows."""


class CountingPairs(NamedTuple):
    """Pairs of two different images of one landmark that a manifest keeps.

    Attributes:
        rows: `(p,)` int64 rows of the evidence.
        first: `(p,)` int64 rows of the manifest.
        second: `(p,)` int64 rows of the manifest.
        direction: `(p,)` uint8, as of `Evidence`.
        inliers: `(p,)` int32.
    """

    rows: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    direction: NDArray[np.uint8]
    inliers: NDArray[np.int32]


def counting_pairs(evidence: Evidence, manifest: pd.DataFrame) -> Iterator[CountingPairs]:
    """The pairs that count, block by block.

    Raises:
        DataError: the evidence is between two sets of images, or names an image that the manifest lacks.
    """
    if evidence.other_ids is not evidence.image_ids:
        raise DataError("evidence: expected pairs within one set of images, found pairs between two")
    rows, landmarks = _manifest_rows(evidence, manifest), landmark_codes(manifest)
    starts = range(0, len(evidence), BLOCK)
    for start in tqdm(starts, desc="evidence", unit_scale=BLOCK, unit="pair", disable=len(starts) < 2):
        block = slice(start, start + BLOCK)
        first, second = rows[evidence.pairs[block, 0]], rows[evidence.pairs[block, 1]]
        of_first = landmarks[first]
        counts = np.flatnonzero((of_first == landmarks[second]) & (of_first >= 0) & (first != second))
        direction, inliers = evidence.direction[block][counts], evidence.inliers[block][counts]
        yield CountingPairs(start + counts, first[counts], second[counts], direction, inliers)


def landmark_codes(manifest: pd.DataFrame) -> NDArray[np.int64]:
    """For each image a number for its landmark from 0, −1 if the manifest does not keep it, `(n,)` int64."""
    codes, _ = pd.factorize(manifest["landmark_id"].to_numpy())
    return np.where(manifest["kept"].to_numpy(), codes, -1)


def landmark_sizes(codes: NDArray[np.int64], keep: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each image how many of its landmark are kept, `(n,)` int64; 0 where the code is −1."""
    sizes = np.append(np.bincount(codes[keep], minlength=codes.max(initial=-1) + 1), 0)
    return sizes[codes]


def too_small_to_verify(codes: NDArray[np.int64], images_needed: int) -> NDArray[np.bool_]:
    """Which images are of landmarks that had fewer than so many images before cleaning, `(n,)` bool."""
    listed = codes >= 0
    return listed & (landmark_sizes(codes, listed) < images_needed)


def count_verified(
    evidence: Evidence, manifest: pd.DataFrame, min_inliers: Sequence[int]
) -> NDArray[np.int32]:
    """By how many images each image of the manifest is verified, `(n, len(min_inliers))` int32.

    A pair counts for the image in whose list of neighbours the other one is. One pass over the evidence
    counts for all thresholds.

    Raises:
        DataError: see `counting_pairs`; or the thresholds do not ascend.
    """
    if list(min_inliers) != sorted(set(min_inliers)):
        raise DataError(f"min_inliers: expected ascending numbers, found {list(min_inliers)}")
    n_bounds = len(min_inliers)
    passed_by = np.zeros(len(manifest) * n_bounds, np.int32)
    for pairs in counting_pairs(evidence, manifest):
        # How many thresholds a pair reaches; it is counted at the last of them, then added to those before.
        passed = np.searchsorted(min_inliers, pairs.inliers, side="right")
        for images, bit in ((pairs.first, FORWARD), (pairs.second, BACKWARD)):
            counts = (passed > 0) & (pairs.direction & bit != 0)
            np.add.at(passed_by, images[counts] * n_bounds + passed[counts] - 1, 1)
    by_image = passed_by.reshape(len(manifest), n_bounds)
    return by_image[:, ::-1].cumsum(axis=1, dtype=np.int32)[:, ::-1]


def tried_neighbours(evidence: Evidence) -> float:
    """Neighbours with which an image was verified, on average over all images."""
    directions = np.bincount(evidence.direction, minlength=4)
    return float((directions * [0, 1, 1, 2]).sum() / max(len(evidence.image_ids), 1))


def _manifest_rows(evidence: Evidence, manifest: pd.DataFrame) -> NDArray[np.int64]:
    """Row of the manifest of each image of the evidence, `(n,)` int64."""
    ids = pd.array(evidence.image_ids, dtype="str")
    rows = pd.Index(manifest["image_id"]).get_indexer(ids)
    if (rows < 0).any():
        raise DataError(f"evidence: image {ids[int((rows < 0).argmax())]!r} is not in the manifest")
    return rows.astype(np.int64)
