"""Mean measures with intervals, and their comparison to a baseline, as tidy tables.

`value`, `low` and `high` are fractions (or ranks, see `unit`); percentages are a matter of printing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from landmark_retrieval.errors import DataError
from landmark_retrieval.metrics.gldv2_recognition import gap_interval
from landmark_retrieval.metrics.intervals import Interval, IntervalSettings, mean_interval
from landmark_retrieval.metrics.paired_tests import difference_interval, holm
from landmark_retrieval.metrics.protocol import GAP, Measure, Protocol
from landmark_retrieval.tables import Metrics, table_of

_DELTA = {
    "delta": "float64",
    "delta_low": "float64",
    "delta_high": "float64",
    "changed": "int64",
    "p": "float64",
}
"""Columns of the difference to the baseline."""

Run = tuple[str, str]
"""System (a model with those who vote for it) and ablation."""


def summarise(
    per_query: pd.DataFrame, protocols: Sequence[Protocol], settings: IntervalSettings
) -> pd.DataFrame:
    """Every figure of a per-query table with its interval, `tables.Metrics`.

    A split without any query that counts is left out.
    """
    rows = []
    for protocol, split, measure in _figures(per_query, protocols):
        values = protocol.values(per_query, split, measure).to_numpy()
        clusters = protocol.clusters(per_query, split)
        interval = mean_interval(values, settings, clusters, measure.limits)
        rows.append(_row(protocol, split, measure, interval, settings))
    return table_of(Metrics, rows)


def summarise_recognition(
    images: pd.DataFrame, settings: IntervalSettings, protocol: Protocol = GAP
) -> pd.DataFrame:
    """GAP with and without non-landmark images, and top-1, of judged predictions, as `tables.Metrics`."""
    rows = []
    for split in protocol.splits:
        of_split = images[images["usage"] == split]
        if not len(of_split):
            continue
        landmarks = of_split[of_split["has_landmark"]]
        correct = landmarks["correct"].to_numpy(dtype=np.float64)
        intervals = (
            gap_interval(of_split, settings),
            gap_interval(of_split, settings, ignore_without_landmark=True),
            mean_interval(correct, settings, landmarks["cluster"], (0.0, 1.0)),
        )
        figures = zip(protocol.measures, intervals, strict=True)
        rows += [_row(protocol, split, measure, interval, settings) for measure, interval in figures]
    return table_of(Metrics, rows)


def compare(
    per_query: Mapping[Run, pd.DataFrame],
    protocols: Sequence[Protocol],
    baseline: str,
    settings: IntervalSettings,
) -> pd.DataFrame:
    """All systems and ablations on one benchmark, each with its paired difference to the system's baseline.

    Args:
        per_query: per-query table of every (system, ablation), in the order in which they are to be shown.
        protocols: of one benchmark.
        baseline: ablation that the others of the same system are compared with.
        settings: of the intervals.

    Returns:
        `tables.Comparison` without `model` and `voters`; `delta` is NaN for the baseline itself. The p-values
        of a split and metric are adjusted for each other (Holm).

    Raises:
        DataError: a system has no baseline, or not the same queries as it in the same clusters.
    """
    tables = []
    for (system, ablation), table in per_query.items():
        if (system, baseline) not in per_query:
            raise DataError(f"system {system!r} has no ablation {baseline!r} to compare {ablation!r} with")
        reference = None if ablation == baseline else per_query[system, baseline]
        figures = summarise(table, protocols, settings)
        figures.insert(0, "system", system)
        figures.insert(1, "ablation", ablation)
        deltas = pd.DataFrame(_differences(table, reference, protocols, settings), columns=list(_DELTA))
        tables.append(figures.assign(baseline=baseline).join(deltas.astype(_DELTA)))
    comparison = pd.concat(tables, ignore_index=True)
    columns = comparison.groupby(["benchmark", "split", "metric"], sort=False)
    return comparison.assign(p_adjusted=columns["p"].transform(holm))


def _row(
    protocol: Protocol, split: str, measure: Measure, interval: Interval, settings: IntervalSettings
) -> tuple[object, ...]:
    bounds = (interval.estimate, interval.low, interval.high, interval.n, interval.clusters)
    return (protocol.release, split, measure.name, measure.unit, *bounds, str(protocol), settings.confidence)


def _figures(
    per_query: pd.DataFrame, protocols: Sequence[Protocol]
) -> Iterator[tuple[Protocol, str, Measure]]:
    for protocol in protocols:
        for split in protocol.splits:
            if protocol.values(per_query, split, protocol.measures[0]).notna().any():
                yield from ((protocol, split, measure) for measure in protocol.measures)


def _differences(
    table: pd.DataFrame,
    reference: pd.DataFrame | None,
    protocols: Sequence[Protocol],
    settings: IntervalSettings,
) -> Iterator[tuple[float, ...]]:
    for protocol, split, measure in _figures(table, protocols):
        if reference is None:
            yield (np.nan, np.nan, np.nan, 0, np.nan)
            continue
        values, baseline = (protocol.values(side, split, measure) for side in (table, reference))
        if not values.index.equals(baseline.index):
            raise DataError(f"{protocol.name}: {split} queries differ from those of the baseline")
        clusters, others = (protocol.clusters(side, split) for side in (table, reference))
        if not clusters.equals(others):
            raise DataError(
                f"{protocol.name}: {split} queries have other clusters than those of the baseline"
            )
        sides = values.to_numpy(), baseline.to_numpy()
        found = difference_interval(*sides, settings, clusters, measure.change_limits)
        yield (found.estimate, found.low, found.high, found.changed, found.p)
