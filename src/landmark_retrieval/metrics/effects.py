"""Effects of a change of the training set on every measure, paired by query, overall and by group.

Where landmarks of a benchmark leave the training set, the queries that show them should lose more than the
others: the difference of both effects is the drop from the leak (RGLDv2-clean).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError
from landmark_retrieval.metrics.intervals import (
    IntervalSettings,
    Values,
    bootstrap,
    cluster_numbers,
    cluster_totals,
    weighted,
)
from landmark_retrieval.metrics.paired_tests import Difference, exchange_p, holm, mean_difference, tested
from landmark_retrieval.metrics.protocol import Measure, Protocol
from landmark_retrieval.tables import Effects, table_of

ALL = "all"
OVERLAPPING = "overlapping"
OTHER = "other"


def effects(
    before: Mapping[str, pd.DataFrame],
    after: Mapping[str, pd.DataFrame],
    protocols: Sequence[Protocol],
    settings: IntervalSettings,
    groups: Mapping[str, Collection[str]] | None = None,
) -> pd.DataFrame:
    """The paired differences of two variants on one benchmark, as a tidy table.

    A query that does not count on one side (NaN) is left out of both. All intervals of one figure rest on the
    same resamples of its clusters of queries.

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
        below two clusters (of either group). `p` is of no difference, `p_adjusted` is corrected for the
        number of ablations (Holm). A group without a query that counts has no row.

    Raises:
        DataError: the sides do not hold the same queries in the same clusters, or no ablation is in both.
    """
    shared = [ablation for ablation in before if ablation in after]
    if not shared:
        found = f"found {list(before)} and {list(after)}"
        raise DataError(f"effects: expected an ablation that is in both, {found}")
    figures = [(p, split, measure) for p in protocols for split in p.splits for measure in p.measures]
    rows = [
        {
            "benchmark": protocol.release,
            "split": split,
            "ablation": ablation,
            "measure": measure.name,
            "unit": measure.unit,
            "protocol": str(protocol),
            "confidence": settings.confidence,
            **row,
        }
        for ablation in shared
        for protocol, split, measure in figures
        for row in _rows(
            _paired(before[ablation], after[ablation], protocol, split, measure),
            groups or {},
            settings,
            measure.change_limits,
        )
    ]
    table = table_of(Effects, [{**row, "p_adjusted": np.nan} for row in rows])
    columns = table.groupby(["split", "measure", "group"], sort=False)
    return table.assign(p_adjusted=columns["p"].transform(holm))


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
    """`before`, `after` and `cluster` of each query that counts on both sides, by query id, ascending."""
    sides = {"before": before, "after": after}
    columns = {name: protocol.values(table, split, measure) for name, table in sides.items()}
    if not columns["before"].index.equals(columns["after"].index):
        raise DataError(f"{protocol.name}: expected the same {split} queries before and after, found others")
    clusters = {name: protocol.clusters(table, split) for name, table in sides.items()}
    if not clusters["before"].equals(clusters["after"]):
        raise DataError(
            f"{protocol.name}: {split} queries are judged by another ground truth before than after"
        )
    return pd.DataFrame({**columns, "cluster": clusters["before"]}).dropna()


def _rows(
    paired: pd.DataFrame,
    groups: Mapping[str, Collection[str]],
    settings: IntervalSettings,
    limits: tuple[float, float],
) -> Iterator[dict[str, object]]:
    """`group` with its queries, means and difference."""
    members = {name: paired.index.isin(list(ids)) for name, ids in groups.items()}
    for name, rows in ((ALL, np.ones(len(paired), dtype=bool)), *members.items()):
        if rows.any():
            part = paired[rows]
            means = float(part["before"].mean()), float(part["after"].mean())
            difference = mean_difference(_change(part), settings, part["cluster"], limits)
            yield {"group": name, **_row(len(part), means, difference)}
    if members:
        first = next(iter(members))
        for other in islice(members, 1, None):
            if members[first].any() and members[other].any():
                pair = members[first], members[other]
                row = _contrast(paired, *pair, settings, (2 * limits[0], 2 * limits[1]))
                yield {"group": f"{first} − {other}", **row}


def _row(queries: int, means: tuple[float, float], found: Difference) -> dict[str, object]:
    return {
        "queries": queries,
        "clusters": found.clusters,
        "changed": found.changed,
        "before": means[0],
        "after": means[1],
        "difference": found.estimate,
        "low": found.low,
        "high": found.high,
        "p": found.p,
    }


def _contrast(
    paired: pd.DataFrame,
    first: NDArray[np.bool_],
    other: NDArray[np.bool_],
    settings: IntervalSettings,
    limits: tuple[float, float],
) -> dict[str, object]:
    """Difference of two groups' effects.

    The clusters of both are drawn together, so that a resample may hold more of one group than of the other,
    as another draw of queries would; resamples that lack one of them do not count. The test exchanges
    the groups of whole clusters.
    """
    either = first | other
    part, first, other = paired[either], first[either], other[either]
    change, own = _change(part), cluster_numbers(part["cluster"].to_numpy(), len(part))
    sides = [_group_totals(change, own, member) for member in (first, other)]

    def statistic(weights: Values) -> Values:
        means = [_ratio(weighted(weights, totals), weighted(weights, sizes)) for totals, sizes in sides]
        return means[0] - means[1]

    before, after = (
        float(part.loc[first, side].mean() - part.loc[other, side].mean()) for side in ("before", "after")
    )
    estimate = float(change[first].mean() - change[other].mean())
    interval = bootstrap(statistic, estimate, len(part), int(own.max()) + 1, settings, limits)
    totals, sizes = cluster_totals(change, own)
    p = exchange_p(totals, sizes, sides[0][1] / sizes, settings)
    changed = min(int((change[member] != 0).sum()) for member in (first, other))
    smaller = min(len(np.unique(own[member])) for member in (first, other))
    found = replace(tested(interval, change, p), changed=changed, clusters=smaller)
    if smaller < 2:
        found = replace(found, low=np.nan, high=np.nan)
    return _row(len(part), (before, after), found)


def _group_totals(change: Values, own: NDArray[np.int64], member: NDArray[np.bool_]) -> tuple[Values, Values]:
    """Sum of changes and number of queries of one group in each cluster."""
    totals = np.bincount(own, weights=np.where(member, change, 0.0)).astype(np.float64)
    return totals, np.bincount(own, weights=member).astype(np.float64)


def _ratio(total: Values, count: Values) -> Values:
    """Mean by lines, NaN where nothing of a group was drawn."""
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _change(paired: pd.DataFrame) -> Values:
    return (paired["after"] - paired["before"]).to_numpy(dtype=np.float64)
