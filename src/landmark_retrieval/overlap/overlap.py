"""Landmarks of a training set that an evaluation set shows, too (the audit that made RGLDv2-clean)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from landmark_retrieval.configuration import Settings
from landmark_retrieval.errors import DataError
from landmark_retrieval.manifests.manifest import checked_manifest
from landmark_retrieval.overlap.published_counts import PublishedCounts
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.verification.evidence import Evidence, is_verified


class OverlapSettings(Settings):
    """When a landmark of the training set is taken for one of the evaluation set, and who decides."""

    depth: int = Field(gt=0, description="nearest training images verified for each evaluation image")
    min_inliers: int = Field(ge=0, description="inliers that verify a pair")
    strict: bool = Field(description="more than min_inliers needed, else as many")
    min_images: int = Field(gt=0, description="verified training images of a landmark needed to propose it")
    name_similarity: float | None = Field(
        gt=0, le=100, description="per cent from which names are alike; null: names are not compared"
    )
    max_namesakes: int = Field(
        gt=0, description="words that more training names share tell nothing about one of them"
    )
    listed: tuple[int, ...] = Field(
        description="landmarks that somebody else found; proposed without evidence"
    )
    rule: Literal["any", "majority", "all"] = Field(
        description="how many of those who decided must say 'same landmark' for it to be removed"
    )
    undecided: Literal["remove", "keep"] = Field(
        description="what happens to proposed landmarks that nobody decided"
    )
    expected: PublishedCounts | None = Field(
        description="published figures the result must reach; null: none"
    )


def pairs_to_verify(ranking: Ranking, depth: int) -> NDArray[np.int64]:
    """Each evaluation image with its first `depth` training images (CiDeR, overlap removal, step 1).

    Returns:
        `(m, 2)` int64 rows (query, training image), by query, then by rank.
    """
    queries, ranks = _looked_at(ranking, depth)
    return np.stack([queries, ranking.positions[queries, ranks]], axis=1)


def overlap_pairs(
    benchmark: str,
    ranking: Ranking,
    query_ids: NDArray[np.str_],
    train: pd.DataFrame,
    evidence: Evidence,
    settings: OverlapSettings,
) -> pd.DataFrame:
    """Every pair that was looked at, with what speaks for it.

    Args:
        benchmark: name of the evaluation set.
        ranking: evaluation images in the training images.
        query_ids: `(n_queries,)` ids of the evaluation images.
        train: columns `image_id` and `landmark_id`, in the row order of the ranking's index.
        evidence: of at least the `pairs_to_verify`, from the queries to the training images.
        settings: depth and threshold.

    Returns:
        Columns `benchmark`, `query_id`, `image_id`, `landmark_id`, `similarity` (cosine), `rank` (from 0),
        `matches`, `inliers`, `verified`; by query, then by rank.

    Raises:
        DataError: ids do not fit the ranking, or a pair has no evidence.
    """
    if (ranking.n_queries, ranking.n_index) != (len(query_ids), len(train)):
        raise DataError(
            f"ranking of {ranking.n_queries} images in {ranking.n_index} does not fit "
            f"{len(query_ids)} evaluation and {len(train)} training images"
        )
    queries, ranks = _looked_at(ranking, settings.depth)
    images = ranking.positions[queries, ranks]
    table = pd.DataFrame(
        {
            "benchmark": pd.array([benchmark] * len(queries), dtype="str"),
            "query_id": pd.array(query_ids[queries], dtype="str"),
            "image_id": pd.array(train["image_id"].array[images], dtype="str"),
            "landmark_id": train["landmark_id"].to_numpy(np.int64)[images],
            "similarity": ranking.scores[queries, ranks].astype(np.float64),
            "rank": ranks,
        }
    )
    rows = _evidence_rows(table, evidence)
    inliers = evidence.inliers[rows]
    return table.assign(
        matches=evidence.matches[rows].astype(np.int64),
        inliers=inliers.astype(np.int64),
        verified=is_verified(inliers, settings.min_inliers, settings.strict),
    )


def propose_listed(reasons: Mapping[int, str]) -> pd.DataFrame:
    """Landmarks to be removed without evidence of ours, in the columns of `remove_landmarks`, by id."""
    ids = sorted(reasons)
    table = pd.DataFrame({"landmark_id": pd.array(ids, dtype="int64")})
    return table.assign(removed=True, reason=pd.array([reasons[i] for i in ids], dtype="str"))


def remove_landmarks(
    manifest: pd.DataFrame, decisions: pd.DataFrame, reason: str, evidence: str
) -> pd.DataFrame:
    """The manifest without the removed landmarks, whole; images already out keep reason and evidence.

    Args:
        manifest: `tables.Manifest`.
        decisions: columns `landmark_id` (unique), `removed`, and `reason`, which is appended to `reason`.
        reason: why landmarks are removed, such as "also in roxford5k".
        evidence: name of the artefact the decisions rest on, empty for none.

    Raises:
        DataError: a landmark to be removed is not in the manifest, or a landmark is decided on twice.
    """
    table = checked_manifest(manifest).copy()
    repeated = decisions.loc[decisions["landmark_id"].duplicated(), "landmark_id"]
    if len(repeated):
        raise DataError(f"landmark {repeated.iloc[0]} is decided on twice")
    why = decisions[decisions["removed"]].set_index("landmark_id")["reason"].sort_index()
    unknown = why.index[~why.index.isin(table["landmark_id"])]
    if len(unknown):
        raise DataError(f"landmark {unknown[0]} is to be removed, but is not in the manifest")
    out = table["kept"] & table["landmark_id"].isin(why.index)
    table.loc[out, "reason"] = f"{reason}: " + table.loc[out, "landmark_id"].map(why).astype("str")
    table.loc[out, "evidence"] = evidence
    table["kept"] &= ~out
    return table


def _looked_at(ranking: Ranking, depth: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    queries, ranks = np.nonzero(ranking.positions[:, :depth] != PADDING)
    return queries, ranks


def _evidence_rows(pairs: pd.DataFrame, evidence: Evidence) -> NDArray[np.int64]:
    first = pd.Index(evidence.image_ids).get_indexer(pd.Index(pairs["query_id"]))
    second = pd.Index(evidence.other_ids).get_indexer(pd.Index(pairs["image_id"]))
    known = evidence.pairs.astype(np.int64) @ np.array([len(evidence.other_ids), 1])
    rows = pd.Index(known).get_indexer(first * len(evidence.other_ids) + second)
    lacking = np.flatnonzero((first < 0) | (second < 0) | (rows < 0))
    if len(lacking):
        pair = pairs.iloc[int(lacking[0])]
        raise DataError(f"evidence: none for the pair {pair['query_id']!r}, {pair['image_id']!r}")
    return rows
