"""Landmarks of a training set that an evaluation set shows, too (the audit that made RGLDv2-clean)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from landmark_retrieval.cleaning.manifest import checked_manifest
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.verification.evidence import checked_evidence, is_verified

PROPOSAL_COLUMNS = ["landmark_id", "queries", "images", "best_inliers", "best_similarity", "reason"]


class OverlapSettings(BaseModel):
    """When a landmark of the training set is taken for one of the evaluation set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    depth: int = Field(gt=0, description="nearest training images verified for each evaluation image")
    min_inliers: int = Field(ge=0, description="inliers that verify a pair")
    strict: bool = Field(description="more than min_inliers needed, else as many")
    min_images: int = Field(gt=0, description="verified training images of a landmark needed to propose it")
    listed: tuple[int, ...] = Field(
        description="landmarks that somebody else found; removed without evidence"
    )


def overlap_pairs(ranking: Ranking, depth: int) -> NDArray[np.int64]:
    """The pairs to verify: each evaluation image with its first `depth` training images.

    Returns:
        `(m, 2)` int64 rows (query, training image), by query, then by rank.
    """
    queries, ranks = np.nonzero(ranking.positions[:, :depth] != PADDING)
    return np.stack([queries, ranking.positions[queries, ranks]], axis=1)


def overlap_candidates(
    ranking: Ranking,
    query_ids: NDArray[np.str_],
    train: pd.DataFrame,
    evidence: pd.DataFrame,
    settings: OverlapSettings,
) -> pd.DataFrame:
    """Every pair that was looked at, with what speaks for it.

    Args:
        ranking: evaluation images in the training images.
        query_ids: `(n_queries,)` ids of the evaluation images.
        train: columns `image_id` and `landmark_id`, in the row order of the ranking's index.
        evidence: `PairEvidence` of at least the `overlap_pairs`, from query to training image.
        settings: depth and threshold.

    Returns:
        Columns `query_id`, `image_id`, `landmark_id`, `similarity` (cosine), `rank` (from 0), `inliers`,
        `verified`.

    Raises:
        DataError: ids do not fit the ranking, or a pair has no evidence.
    """
    if (ranking.n_queries, ranking.n_index) != (len(query_ids), len(train)):
        raise DataError(
            f"ranking of {ranking.n_queries} images in {ranking.n_index} does not fit "
            f"{len(query_ids)} evaluation and {len(train)} training images"
        )
    queries, ranks = np.nonzero(ranking.positions[:, : settings.depth] != PADDING)
    images = ranking.positions[queries, ranks]
    table = pd.DataFrame(
        {
            "query_id": pd.array(query_ids[queries], dtype="str"),
            "image_id": train["image_id"].array[images],
            "landmark_id": train["landmark_id"].to_numpy()[images],
            "similarity": ranking.scores[queries, ranks].astype(np.float64),
            "rank": ranks,
        }
    )
    table["inliers"] = _inliers_of(table, checked_evidence(evidence))
    return table.assign(verified=is_verified(table["inliers"], settings.min_inliers, settings.strict))


def propose_landmarks(candidates: pd.DataFrame, settings: OverlapSettings) -> pd.DataFrame:
    """The landmarks with at least `min_images` verified training images, by id.

    Args:
        candidates: one or several tables of `overlap_candidates`, concatenated.
        settings: how many images are needed.

    Returns:
        Columns `landmark_id`, `queries` and `images` (how many different ones its verified pairs have),
        `best_inliers`, `best_similarity`, `reason`.
    """
    verified = candidates[candidates["verified"]].groupby("landmark_id", sort=True)
    table = verified.agg(
        queries=("query_id", "nunique"),
        images=("image_id", "nunique"),
        best_inliers=("inliers", "max"),
        best_similarity=("similarity", "max"),
    ).reset_index()
    proposed = table[table["images"] >= settings.min_images].reset_index(drop=True)
    reasons = [
        f"verified images: {row.images}, by queries: {row.queries}, inliers: up to {row.best_inliers}"
        for row in proposed.itertuples()
    ]
    return proposed.assign(reason=pd.array(reasons, dtype="str"))[PROPOSAL_COLUMNS]


def propose_listed(reasons: Mapping[int, str]) -> pd.DataFrame:
    """Proposals without evidence of ours, such as a published list: landmark to reason."""
    ids = sorted(reasons)
    table = pd.DataFrame(
        {"landmark_id": pd.array(ids, dtype="int64"), "queries": 0, "images": 0, "best_inliers": 0}
    )
    return table.assign(best_similarity=np.nan, reason=pd.array([reasons[i] for i in ids], dtype="str"))


def join_proposals(proposals: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """One row per landmark of several tables: the largest of each number, all reasons."""
    table = pd.concat(list(proposals)).groupby("landmark_id", sort=True)
    joined = table[PROPOSAL_COLUMNS[1:-1]].max()
    return joined.assign(reason=table["reason"].agg("; ".join).astype("str")).reset_index()[PROPOSAL_COLUMNS]


def remove_landmarks(manifest: pd.DataFrame, proposals: pd.DataFrame, reason: str) -> pd.DataFrame:
    """The manifest without the proposed landmarks, whole; images already out keep their reason.

    Args:
        manifest: `tables.Manifest`.
        proposals: columns `landmark_id` (unique) and `reason`, which is appended to `reason`.
        reason: why proposed landmarks are removed, such as "also in roxford5k".

    Raises:
        DataError: a proposed landmark is not in the manifest, or proposed twice.
    """
    table = checked_manifest(manifest).copy()
    why = proposals.set_index("landmark_id")["reason"]
    if why.index.has_duplicates:
        raise DataError(f"landmark {why.index[why.index.duplicated()][0]} is proposed twice")
    unknown = why.index[~why.index.isin(table["landmark_id"])]
    if len(unknown):
        raise DataError(f"proposed landmark {unknown[0]} is not in the manifest")
    out = table["kept"] & table["landmark_id"].isin(why.index)
    table.loc[out, "reason"] = f"{reason}: " + table.loc[out, "landmark_id"].map(why).astype("str")
    table["kept"] &= ~out
    return table


def _inliers_of(candidates: pd.DataFrame, evidence: pd.DataFrame) -> NDArray[np.int64]:
    pairs = candidates[["query_id", "image_id"]].rename(
        columns={"query_id": "image_id", "image_id": "other_id"}
    )
    found = pairs.merge(evidence, how="left", on=["image_id", "other_id"])["inliers"]
    if found.isna().any():
        lacking = pairs[found.isna().to_numpy()].iloc[0]
        raise DataError(f"evidence: none for the pair {lacking['image_id']!r}, {lacking['other_id']!r}")
    return found.to_numpy(dtype=np.int64)
