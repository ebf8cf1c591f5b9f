"""Figures of groups of queries: with and without near-duplicates, and by the size of their landmark."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field, field_validator

from landmark_retrieval.configuration import Settings
from landmark_retrieval.manifests.manifest import kept
from landmark_retrieval.metrics.comparison import Run, compare
from landmark_retrieval.metrics.intervals import IntervalSettings
from landmark_retrieval.metrics.protocol import Protocol
from landmark_retrieval.tables import GroupComparison, table_of

WITH_COPY = "near-duplicate in train or index"
WITHOUT_COPY = "no near-duplicate in train or index"


class QueryGroupSettings(Settings):
    """How queries are grouped by the training images of their landmark."""

    landmark_sizes: tuple[int, ...] = Field(description="smallest number of training images of each group")

    @field_validator("landmark_sizes")
    @classmethod
    def _ascending(cls, sizes: tuple[int, ...]) -> tuple[int, ...]:
        if any(low >= high for low, high in pairwise((0, *sizes))):
            raise ValueError(f"expected numbers above 0 in ascending order, found {list(sizes)}")
        return sizes


def query_relatives(
    query_ids: Collection[str],
    copies: pd.DataFrame | None,
    seen: Collection[pd.DataFrame],
    voters: pd.DataFrame | None,
    solution: pd.DataFrame | None,
) -> pd.DataFrame:
    """What a system has met of each query.

    Args:
        query_ids: unique ids.
        copies: `tables.QueryCopies` of the benchmark; None where pictures are lacking.
        seen: manifests of the images that the model was trained on or that vote.
        voters: the manifest whose images of a query's landmark are counted.
        solution: `tables.RecognitionSolution` in the numbering of `voters`; either may be None.

    Returns:
        `tables.QueryRelatives`, in the order of the ids.
    """
    ids = pd.Series(list(query_ids), dtype="str")
    none = pd.Series(pd.NA, ids.index)
    in_train = in_index = images = none
    if copies is not None:
        in_train = _has_copy(ids, copies, _is_kept(copies, seen))
        in_index = _has_copy(ids, copies, copies["split"] == "index")
    if voters is not None and solution is not None:
        images = ids.map(_training_images(voters, solution))
    return pd.DataFrame(
        {
            "query_id": ids,
            "copy_in_train": in_train.astype("boolean"),
            "copy_in_index": in_index.astype("boolean"),
            "landmark_images": images.astype("Int64"),
        }
    )


def _is_kept(copies: pd.DataFrame, manifests: Collection[pd.DataFrame]) -> pd.Series:
    """Whether each row is an image that one of the manifests keeps."""
    image = ["source", "image_id"]
    listed = [table.loc[table["kept"], image] for table in manifests]
    known = pd.MultiIndex.from_frame(pd.concat([copies[image].iloc[:0], *listed]))
    return (copies["split"] == "train") & pd.MultiIndex.from_frame(copies[image]).isin(known)


def _has_copy(ids: pd.Series, copies: pd.DataFrame, there: pd.Series) -> pd.Series:
    of_group = copies["group"].isin(copies.loc[there, "group"])
    return ids.isin(copies.loc[of_group & (copies["split"] == "query"), "image_id"])


def _training_images(voters: pd.DataFrame, solution: pd.DataFrame) -> dict[str, int]:
    counts = kept(voters)["landmark_id"].value_counts().to_dict()
    landmarks = zip(solution["image_id"], solution["landmark_ids"], strict=True)
    return {query: sum(counts.get(int(i), 0) for i in ids) for query, ids in landmarks}


def group_queries(relatives: pd.DataFrame, settings: QueryGroupSettings) -> dict[str, set[str]]:
    """The queries of each group, by its name.

    Queries are parted by near-duplicates if one of them has any, and by landmark size where that is known;
    of the sizes every group is there, also without a query.
    """
    ids = relatives["query_id"]
    copied = (relatives["copy_in_train"] | relatives["copy_in_index"]).fillna(False).to_numpy(bool)
    groups = {}
    if copied.any():
        groups = {WITHOUT_COPY: set(ids[~copied]), WITH_COPY: set(ids[copied])}
    sizes = relatives["landmark_images"]
    if sizes.notna().any():
        group = np.searchsorted(settings.landmark_sizes, sizes.fillna(-1).to_numpy(np.int64), side="right")
        known = sizes.notna().to_numpy()
        for number, name in enumerate(_size_names(settings.landmark_sizes)):
            groups[name] = set(ids[known & (group == number)])
    return groups


def _size_names(sizes: Sequence[int]) -> list[str]:
    """Names of the groups below, between and from these sizes on."""
    spans = [(low, high - 1) for low, high in pairwise((0, *sizes))]
    names = ["none" if high == 0 else str(low) if low == high else f"{low} to {high}" for low, high in spans]
    names.append(f"{sizes[-1]} or more" if sizes else "any number")
    return [f"training images of the landmark: {name}" for name in names]


def compare_groups(
    per_query: Mapping[Run, pd.DataFrame],
    relatives: Mapping[str, pd.DataFrame],
    protocols: Sequence[Protocol],
    baseline: str,
    settings: IntervalSettings,
    grouping: QueryGroupSettings,
) -> pd.DataFrame:
    """The leading metric of every run for groups of queries, with paired differences to the baseline.

    Args:
        per_query: per-query table of every (system, ablation), as for `compare`.
        relatives: `tables.QueryRelatives` of each system; groups are parted for each by itself, and systems
            without are left out.
        protocols: of one benchmark.
        baseline: ablation that the others of the same system are compared with.
        settings: of the intervals.
        grouping: bounds of the landmark sizes.

    Returns:
        `tables.GroupComparison` without `model` and `voters`, group after group; those without a query that
        counts have no row. p-values are adjusted within group, split and metric.

    Raises:
        DataError: as `compare`.
    """
    leading = [replace(protocol, measures=protocol.measures[:1]) for protocol in protocols]
    groups = {system: group_queries(table, grouping) for system, table in relatives.items()}
    tables = []
    for name in dict.fromkeys(name for of_system in groups.values() for name in of_system):
        runs = {
            run: rows
            for run, table in per_query.items()
            if len(rows := _counting(table, leading, groups.get(run[0], {}).get(name, set())))
        }
        if runs:
            tables.append(compare(runs, leading, baseline, settings).assign(group=name))
    if tables:
        return pd.concat(tables, ignore_index=True).astype({"group": "str"})
    nothing: list[Any] = []
    return table_of(GroupComparison, nothing).drop(columns=["model", "voters"])


def _counting(table: pd.DataFrame, protocols: Sequence[Protocol], ids: Collection[str]) -> pd.DataFrame:
    """The rows of these queries that count for the leading metric."""
    counts = np.zeros(len(table), dtype=bool)
    for protocol in protocols:
        column = protocol.measures[0].column
        counts |= (table[protocol.split].isin(protocol.splits) & table[column].notna()).to_numpy()
    return table[counts & table[protocols[0].key].isin(list(ids)).to_numpy()]
