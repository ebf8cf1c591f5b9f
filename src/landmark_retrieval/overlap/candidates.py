"""Candidate overlapping landmarks with their evidence, for review."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from landmark_retrieval.overlap.settings import OverlapSettings
from landmark_retrieval.tables import OverlapCandidates, column_types


def overlap_candidates(
    pairs: pd.DataFrame,
    alike: pd.DataFrame,
    names: pd.DataFrame,
    listed: Mapping[int, str],
    settings: OverlapSettings,
    notes: Mapping[str, str] = MappingProxyType({}),
) -> pd.DataFrame:
    """Every landmark with a verified pair, with a name similar to one of the evaluation's, or listed.

    Args:
        pairs: `tables.OverlapPairs` of all benchmarks.
        alike: `tables.NameMatches` of the same benchmarks; empty where names are not compared.
        names: `tables.LandmarkNames`, as far as the training set has names.
        listed: landmarks of published lists, with a note on each, possibly empty.
        settings: how many verified images propose a landmark.
        notes: by benchmark, on the threshold of its pairs; written behind the inliers of each reason.

    Returns:
        `tables.OverlapCandidates`, ordered by score, then by similarity of name, then by id. `queries`,
        `images` and `verified_pairs` count the different ones of its verified pairs; `best_inliers` and
        `best_similarity` are over all its pairs, 0 and NaN without any; `reason` states everything that
        proposes the landmark.

        The score is the sum, over the queries, of the most inliers that the query has with a verified image
        of the landmark. Wrong pairs have about as many inliers as the threshold, right ones a multiple of it,
        so that sums of inliers separate both where counts of pairs, queries or images do not. One term per
        query prevents a landmark of many photographs from outweighing others by its size.
    """
    verified = pairs[pairs["verified"]]
    table = _of_verified(verified).join(_of_names(alike), how="outer")
    table = table.reindex(table.index.union(pd.Index(sorted(listed), dtype="int64")))
    looked_at = pairs.groupby("landmark_id")[["inliers", "similarity"]].max().reindex(table.index)
    table["best_inliers"], table["best_similarity"] = looked_at["inliers"], looked_at["similarity"]
    table["name"] = names.set_index("landmark_id")["name"].reindex(table.index).fillna("")
    table["benchmarks"] = _benchmarks(verified, alike).reindex(table.index).fillna("")
    counts = ["queries", "images", "verified_pairs", "best_inliers", "score"]
    table[counts] = table[counts].fillna(0)
    table["evaluation_name"] = table["evaluation_name"].fillna("")
    by_images = table["images"] >= settings.min_images
    table["proposed"] = by_images | table["name_similarity"].notna() | table.index.isin(list(listed))
    reasons = [_reason(row, listed, settings.min_images, notes) for row in table.itertuples()]
    table["reason"] = pd.array(reasons, dtype="str")
    ordered = table.rename_axis("landmark_id").reset_index()
    by = ["score", "name_similarity", "landmark_id"]
    types = column_types(OverlapCandidates)
    ordered = ordered.astype(types).sort_values(by, ascending=[False, False, True], ignore_index=True)
    return ordered[list(types)]


def _of_verified(pairs: pd.DataFrame) -> pd.DataFrame:
    best = pairs.groupby(["landmark_id", "benchmark", "query_id"])["inliers"].max()
    by_query, by_landmark = best.groupby("landmark_id"), pairs.groupby("landmark_id")
    return pd.DataFrame(
        {
            "queries": by_query.size(),
            "images": by_landmark["image_id"].nunique(),
            "verified_pairs": by_landmark.size(),
            "score": by_query.sum().astype(np.float64),
        }
    )


def _of_names(alike: pd.DataFrame) -> pd.DataFrame:
    """Landmarks with alike names, each with its most similar one."""
    by = ["landmark_id", "name_similarity", "evaluation_name"]
    ordered = alike.sort_values(by, ascending=[True, False, True])
    best = ordered.drop_duplicates("landmark_id").set_index("landmark_id")
    return best[["evaluation_name", "name_similarity"]]


def _benchmarks(verified: pd.DataFrame, alike: pd.DataFrame) -> pd.Series:
    """Names of the benchmarks that show each landmark, joined."""
    both = pd.concat([table[["landmark_id", "benchmark"]] for table in (verified, alike)])
    ordered = both.drop_duplicates().sort_values("benchmark")
    return ordered.groupby("landmark_id")["benchmark"].agg(", ".join).astype("str")


def _reason(row: Any, listed: Mapping[int, str], min_images: int, notes: Mapping[str, str]) -> str:
    reasons = []
    if row.images:
        enough = "" if row.images >= min_images else f", fewer than {min_images}"
        reasons.append(
            f"verified images: {row.images:.0f}{enough}, by queries: {row.queries:.0f}, "
            f"inliers: up to {row.best_inliers:.0f}"
            + "".join(dict.fromkeys(notes.get(name, "") for name in row.benchmarks.split(", ")))
        )
    if row.evaluation_name:
        similarity = f"{row.name_similarity:.0f} %"
        reasons.append(f"its name {row.name!r} is like {row.evaluation_name!r} ({similarity})")
    if row.Index in listed:
        reasons.append(f"listed: {listed[row.Index]}" if listed[row.Index] else "listed")
    return "; ".join(reasons)
