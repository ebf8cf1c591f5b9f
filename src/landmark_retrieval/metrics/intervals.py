"""Bootstrap intervals over queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from landmark_retrieval.configuration import Settings
from landmark_retrieval.errors import DataError

_BLOCK = 2**21
"""Resampled cells held at a time: 16 MiB of rows."""


class IntervalSettings(Settings):
    """How intervals are drawn."""

    resamples: int = Field(ge=100, description="bootstrap resamples of the queries")
    confidence: float = Field(gt=0, lt=1, description="share of the resamples inside the interval")
    seed: int = Field(ge=0)


@dataclass(frozen=True)
class Interval:
    """A figure, the percentile interval around it, and the number of queries it is made of.

    The bounds are NaN below two queries, all of it is NaN without any.
    """

    estimate: float
    low: float
    high: float
    n: int


Statistic = Callable[[NDArray[np.int64]], NDArray[np.float64]]
"""Rows of queries `(resamples, n)`, ascending along a line, to one figure per line `(resamples,)`."""


def bootstrap(statistic: Statistic, n: int, settings: IntervalSettings) -> Interval:
    """Percentile interval of any figure of `n` queries.

    The same `n` and seed give the same resamples, so that figures of the same queries move together.
    `scipy.stats.bootstrap` draws the same ones, but its interval is NaN as soon as one resample has no value
    (GAP without any landmark), and it does not hand rows over in the order that GAP reads.
    """
    if n == 0:
        return Interval(np.nan, np.nan, np.nan, 0)
    estimate = float(statistic(np.arange(n)[None])[0])
    if n == 1:
        return Interval(estimate, np.nan, np.nan, 1)
    drawn = np.concatenate([statistic(rows) for rows in _resamples(n, settings)])
    drawn = drawn[~np.isnan(drawn)]
    tail = (1 - settings.confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail]) if len(drawn) else (np.nan, np.nan)
    return Interval(estimate, float(low), float(high), n)


def mean_interval(values: NDArray[np.float64], settings: IntervalSettings) -> Interval:
    """Interval of the mean of per-query values `(n,)`; NaN marks queries that do not count."""
    values = np.asarray(values, dtype=np.float64)
    values = values[~np.isnan(values)]
    return bootstrap(lambda rows: values[rows].mean(axis=1), len(values), settings)


def difference_interval(
    values: NDArray[np.float64], baseline: NDArray[np.float64], settings: IntervalSettings
) -> Interval:
    """Interval of the mean of `values - baseline`, paired: row i of both is the same query.

    Raises:
        DataError: not the same number of queries, or a query counts in one and not in the other.
    """
    values, baseline = np.asarray(values, dtype=np.float64), np.asarray(baseline, dtype=np.float64)
    if values.shape != baseline.shape or (np.isnan(values) != np.isnan(baseline)).any():
        raise DataError("a paired difference needs the same queries on both sides")
    return mean_interval(values - baseline, settings)


def _resamples(n: int, settings: IntervalSettings) -> Iterator[NDArray[np.int64]]:
    if n * settings.resamples <= _BLOCK:
        yield _first_rows(n, settings)
        return
    rng = np.random.default_rng(settings.seed)
    block = max(1, _BLOCK // n)
    for start in range(0, settings.resamples, block):
        yield np.sort(rng.integers(n, size=(min(block, settings.resamples - start), n)), axis=1)


@lru_cache(maxsize=4)
def _first_rows(n: int, settings: IntervalSettings) -> NDArray[np.int64]:
    """All resamples at once; most figures of a run are of the same few numbers of queries."""
    rng = np.random.default_rng(settings.seed)
    rows = np.sort(rng.integers(n, size=(settings.resamples, n)), axis=1)
    rows.flags.writeable = False
    return rows
