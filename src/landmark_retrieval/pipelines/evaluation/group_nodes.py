"""Nodes that compare groups of queries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from landmark_retrieval.experiments.models import System
from landmark_retrieval.experiments.sources import Source
from landmark_retrieval.metrics import query_groups
from landmark_retrieval.metrics.intervals import IntervalSettings
from landmark_retrieval.metrics.query_groups import QueryGroupSettings
from landmark_retrieval.near_duplicates import copies as near_duplicates
from landmark_retrieval.near_duplicates.pairs import NearDuplicateSettings
from landmark_retrieval.pipelines.evaluation.nodes import protocols_of, with_models
from landmark_retrieval.pipelines.prefixes import group_by_prefix


def copy_finder(source: str, searched: Sequence[str]) -> Callable[..., pd.DataFrame]:
    """The node function that finds copies of one source's queries in the index of others."""

    def find_query_copies(settings: NearDuplicateSettings, **found: pd.DataFrame) -> pd.DataFrame:
        """Copies of queries in the index and in training; `found` are `<source>.image_hashes`."""
        hashes = group_by_prefix(found, "image_hashes")
        return near_duplicates.query_copies(hashes, source, searched, settings)

    return find_query_copies


def relater(voters: str | None) -> Callable[..., pd.DataFrame]:
    """The node function that says what a system has met of each query; its `voters` vote."""

    def relate_queries(
        truth: pd.DataFrame,
        source: Source,
        copies: pd.DataFrame | None = None,
        solution: pd.DataFrame | None = None,
        **found: pd.DataFrame,
    ) -> pd.DataFrame:
        """Near-duplicates and training images of every query; `found` are `<variant>.manifest`."""
        seen = group_by_prefix(found, "manifest")
        ids = sorted(set(truth[source.family.leading.key]))
        labelled = None if voters is None else seen[voters]
        return query_groups.query_relatives(ids, copies, list(seen.values()), labelled, solution)

    return relate_queries


def group_comparer(systems: Sequence[System]) -> Callable[..., pd.DataFrame]:
    """The node function that compares systems and ablations for groups of the queries of one benchmark."""

    def compare_groups(
        source: Source,
        baseline: str,
        settings: IntervalSettings,
        grouping: QueryGroupSettings,
        distractors: list[str] | None = None,
        **found: Any,
    ) -> pd.DataFrame:
        """Figures by groups; `found`: `<system>.<ablation>.per_query` and `<system>.relatives`."""
        runs = {
            (run.partition(".")[0], run.partition(".")[2]): table
            for run, table in group_by_prefix(found, "per_query").items()
        }
        relatives = group_by_prefix(found, "relatives")
        protocols = protocols_of(source, distractors)
        return with_models(
            query_groups.compare_groups(runs, relatives, protocols, baseline, settings, grouping), systems
        )

    return compare_groups
