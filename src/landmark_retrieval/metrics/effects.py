"""Effects of a change of the training set on every measure, paired by query, overall and by group.

Where landmarks of a benchmark leave the training set, the queries that show them should lose more than the
others: the difference of both effects is the drop from the leak (RGLDv2-clean).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError
from landmark_retrieval.metrics.intervals import Interval, IntervalSettings, bootstrap, mean_interval
from landmark_retrieval.metrics.protocol import Measure, Protocol
from landmark_retrieval.tables import Effects, table_of

ALL = "all"
OVERLAPPING = "overlapping"
OTHER = "other"

Values = NDArray[np.float64]


def effects(
    before: Mapping[str, pd.DataFrame],
    after: Mapping[str, pd.DataFrame],
    protocols: Sequence[Protocol],
    settings: IntervalSettings,
    groups: Mapping[str, Collection[str]] | None = None,
) -> pd.DataFrame:
    """The paired differences of two variants on one benchmark, as a tidy table.

    A query that does not count on one side (NaN) is left out of both. All intervals of one figure rest on the
    same resamples of its queries.

    Args:
        before: per-query table of every ablation.
        after: the same of the other variant; ablations that only one side has are skipped.
        protocols: of the benchmark.
        settings: of the intervals.
        groups: query ids of parts of the benchmark, by name. The first one's effect is compared with that of
            each other one.

    Returns:
        `tables.Effects`, a row per ablation, split, measure and group: `ALL` queries, every group, then
        "first − other" for the difference of two groups' effects. `before` and `after` are means (there:
        differences of the groups' means), `difference` is `after − before`, `low` and `high` its bounds, NaN
        below two queries (of either group). A group without a query that counts has no row.

    Raises:
        DataError: the sides do not hold the same queries, or no ablation is in both.
    """
    shared = [ablation for ablation in before if ablation in after]
    if not shared:
        found = f"found {list(before)} and {list(after)}"
        raise DataError(f"effects: expected an ablation that is in both, {found}")
    figures = [(p, split, measure) for p in protocols for split in p.splits for measure in p.measures]
    rows = [
        (
            protocol.release,
            split,
            ablation,
            measure.name,
            measure.unit,
            *row,
            str(protocol),
            settings.confidence,
        )
        for ablation in shared
        for protocol, split, measure in figures
        for row in _rows(
            _paired(before[ablation], after[ablation], protocol, split, measure), groups or {}, settings
        )
    ]
    return table_of(Effects, rows)


def overlapping_queries(
    pairs: pd.DataFrame, names: pd.DataFrame, candidates: pd.DataFrame, decisions: pd.DataFrame
) -> set[str]:
    """The queries with a verified pair to an image of a removed landmark, or of the name it is like.

    `pairs` (`tables.OverlapPairs`) and `names` (`tables.QueryNames`) are of one benchmark.
    """
    removed = decisions.loc[decisions["removed"].astype(bool), "landmark_id"]
    hits = pairs["verified"].astype(bool) & pairs["landmark_id"].isin(removed)
    alike = set(candidates.loc[candidates["landmark_id"].isin(removed), "evaluation_name"]) - {""}
    named = names.loc[names["name"].isin(alike), "query_id"]
    return {*pairs.loc[hits, "query_id"].astype(str), *named.astype(str)}


def leak_groups(queries: Collection[str], overlapping: Collection[str]) -> dict[str, set[str]]:
    """`OVERLAPPING` and `OTHER` queries of a benchmark, in the order that `effects` compares them."""
    return {OVERLAPPING: set(queries) & set(overlapping), OTHER: set(queries) - set(overlapping)}


def _paired(
    before: pd.DataFrame, after: pd.DataFrame, protocol: Protocol, split: str, measure: Measure
) -> pd.DataFrame:
    """`before` and `after` of each query that counts on both sides, by query id in ascending order."""
    sides = {"before": before, "after": after}
    columns = {name: protocol.values(table, split, measure) for name, table in sides.items()}
    if not columns["before"].index.equals(columns["after"].index):
        raise DataError(f"{protocol.name}: expected the same {split} queries before and after, found others")
    return pd.DataFrame(columns).dropna()


def _rows(
    paired: pd.DataFrame, groups: Mapping[str, Collection[str]], settings: IntervalSettings
) -> Iterator[tuple[object, ...]]:
    """`group`, `queries`, `before`, `after`, `difference`, `low`, `high`."""
    members = {name: paired.index.isin(list(ids)) for name, ids in groups.items()}
    for name, rows in ((ALL, np.ones(len(paired), dtype=bool)), *members.items()):
        if rows.any():
            part = paired[rows]
            means = float(part["before"].mean()), float(part["after"].mean())
            yield name, len(part), *means, *_bounds(mean_interval(_change(part), settings))
    if members:
        first = next(iter(members))
        for other in islice(members, 1, None):
            if members[first].any() and members[other].any():
                yield f"{first} − {other}", *_contrast(paired, members[first], members[other], settings)


def _contrast(
    paired: pd.DataFrame, first: NDArray[np.bool_], other: NDArray[np.bool_], settings: IntervalSettings
) -> tuple[float, ...]:
    """Difference of two groups' effects.

    The queries of both are drawn together, so that a resample may hold more of one group than of the other,
    as another draw of queries would; resamples that lack one of them do not count.
    """
    either = first | other
    part, first, other = paired[either], first[either], other[either]
    change = _change(part)

    def statistic(rows: NDArray[np.int64]) -> Values:
        return _mean_of(change, first, rows) - _mean_of(change, other, rows)

    interval = bootstrap(statistic, len(part), settings)
    if min(first.sum(), other.sum()) < 2:
        interval = Interval(interval.estimate, np.nan, np.nan, interval.n)
    before, after = (
        float(part.loc[first, side].mean() - part.loc[other, side].mean()) for side in ("before", "after")
    )
    return len(part), before, after, *_bounds(interval)


def _mean_of(values: Values, member: NDArray[np.bool_], rows: NDArray[np.int64]) -> Values:
    """Mean of the drawn `values` of a group for each line of `rows`, NaN where none of it was drawn."""
    drawn = member[rows]
    count = drawn.sum(axis=1)
    total = np.where(drawn, values[rows], 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _change(paired: pd.DataFrame) -> Values:
    return (paired["after"] - paired["before"]).to_numpy(dtype=np.float64)


def _bounds(interval: Interval) -> tuple[float, float, float]:
    return interval.estimate, interval.low, interval.high
