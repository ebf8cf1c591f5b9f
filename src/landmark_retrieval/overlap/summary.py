"""Summary of train-test overlap by benchmark (CiDeR, overlap of GLDv2-clean)."""

from __future__ import annotations

import pandas as pd

from landmark_retrieval.manifests.manifest import checked_manifest
from landmark_retrieval.tables import OverlapSummary, table_of

OTHERWISE = "name, list or people"
TOTAL = "total"


def overlap_summary(pairs: pd.DataFrame, decisions: pd.DataFrame, parent: pd.DataFrame) -> pd.DataFrame:
    """Removed landmarks and images, by the benchmark whose queries found them.

    Args:
        pairs: `tables.OverlapPairs` of all benchmarks.
        decisions: `tables.OverlapDecisions`.
        parent: `tables.Manifest` the landmarks are removed from.

    Returns:
        `tables.OverlapSummary`: a row per benchmark, by name, one for landmarks that no verified pair has
        found, and the total. `overlapping_queries` have a verified image of a removed landmark. A landmark
        that two benchmarks show counts in both of their rows and once in the total.
    """
    removed = decisions.loc[decisions["removed"], "landmark_id"]
    sizes = checked_manifest(parent).query("kept").groupby("landmark_id").size()
    overlapping = pairs[pairs["verified"] & pairs["landmark_id"].isin(removed)]
    rows = [
        _row(str(name), compared, overlapping[overlapping["benchmark"] == name], sizes)
        for name, compared in pairs.groupby("benchmark", sort=True)
    ]
    others = removed[~removed.isin(overlapping["landmark_id"])].to_frame()
    rows.append((OTHERWISE, 0, 0, *_removed(others, sizes)))
    queries, with_overlap = sum(row[1] for row in rows), sum(row[2] for row in rows)
    rows.append((TOTAL, queries, with_overlap, *_removed(removed.to_frame(), sizes)))
    return table_of(OverlapSummary, rows)


def _row(
    benchmark: str, compared: pd.DataFrame, overlapping: pd.DataFrame, sizes: pd.Series
) -> tuple[str, int, int, int, int]:
    queries, with_overlap = compared["query_id"].nunique(), overlapping["query_id"].nunique()
    return benchmark, queries, with_overlap, *_removed(overlapping, sizes)


def _removed(of_landmarks: pd.DataFrame, sizes: pd.Series) -> tuple[int, int]:
    """Landmarks with removed images, and how many images."""
    images = sizes[sizes.index.isin(of_landmarks["landmark_id"])]
    return len(images), int(images.sum())
