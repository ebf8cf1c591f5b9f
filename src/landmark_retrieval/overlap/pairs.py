"""Verified pairs of evaluation and training images (overlap removal that made RGLDv2-clean)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError
from landmark_retrieval.overlap.settings import OverlapSettings
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.verification.evidence import Evidence


def pairs_to_verify(ranking: Ranking, depth: int) -> NDArray[np.int64]:
    """Each evaluation image with its first `depth` training images (CiDeR, overlap removal, step 1).

    Returns:
        `(m, 2)` int64 rows (query, training image), by query, then by rank.
    """
    queries, ranks = _listed(ranking, depth)
    return np.stack([queries, ranking.positions[queries, ranks]], axis=1)


def overlap_pairs(
    benchmark: str,
    ranking: Ranking,
    query_ids: NDArray[np.str_],
    train: pd.DataFrame,
    evidence: Evidence,
    settings: OverlapSettings,
) -> pd.DataFrame:
    """Every pair that was verified, with its evidence: `tables.OverlapPairs`, by query, then by rank.

    Args:
        benchmark: name of the evaluation set.
        ranking: evaluation images in the training images.
        query_ids: `(n_queries,)` ids of the evaluation images.
        train: columns `image_id` and `landmark_id`, in the row order of the ranking's index.
        evidence: of at least the `pairs_to_verify`, from the queries to the training images.
        settings: depth and threshold.

    Raises:
        DataError: ids do not fit the ranking, or a pair has no evidence.
    """
    if (ranking.n_queries, ranking.n_index) != (len(query_ids), len(train)):
        raise DataError(
            f"ranking of {ranking.n_queries} images in {ranking.n_index} does not fit "
            f"{len(query_ids)} evaluation and {len(train)} training images"
        )
    queries, ranks = _listed(ranking, settings.depth)
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
    rows = evidence.rows_of(table["query_id"], table["image_id"])
    if (rows < 0).any():
        query, image = table.loc[int((rows < 0).argmax()), ["query_id", "image_id"]]
        raise DataError(f"evidence: none for the pair {query!r}, {image!r}")
    inliers = evidence.inliers[rows]
    return table.assign(
        matches=evidence.matches[rows].astype(np.int64),
        inliers=inliers.astype(np.int64),
        verified=inliers >= settings.needed_inliers,
    )


def _listed(ranking: Ranking, depth: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    queries, ranks = np.nonzero(ranking.positions[:, :depth] != PADDING)
    return queries, ranks
