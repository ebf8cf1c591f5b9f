"""Paired differences with intervals, and permutation tests of them that move whole clusters."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from landmark_retrieval.errors import DataError
from landmark_retrieval.metrics.intervals import (
    UNBOUNDED,
    Interval,
    IntervalSettings,
    Values,
    cluster_numbers,
    cluster_totals,
    mean_interval,
)

_TIE = 1e-9
"""Relative difference below which two sums of the same numbers with other signs are equal."""


@dataclass(frozen=True)
class Difference(Interval):
    """A paired difference: also the queries that changed, and the p-value of "no difference".

    The bounds are NaN as well where no query changed: such a sample says nothing about how often one would.
    """

    changed: int
    p: float


def difference_interval(
    values: Values,
    baseline: Values,
    settings: IntervalSettings,
    clusters: ArrayLike | None = None,
    limits: tuple[float, float] = UNBOUNDED,
) -> Difference:
    """Interval and test of the mean of `values - baseline`, paired: row i of both is the same query.

    Raises:
        DataError: not the same number of queries, or a query counts in one and not in the other.
    """
    values, baseline = np.asarray(values, dtype=np.float64), np.asarray(baseline, dtype=np.float64)
    if values.shape != baseline.shape or (np.isnan(values) != np.isnan(baseline)).any():
        raise DataError("a paired difference needs the same queries on both sides")
    return mean_difference(values - baseline, settings, clusters, limits)


def mean_difference(
    changes: Values,
    settings: IntervalSettings,
    clusters: ArrayLike | None = None,
    limits: tuple[float, float] = UNBOUNDED,
) -> Difference:
    """Interval and test of the mean of per-query changes `(n,)`, as `mean_interval`."""
    changes = np.asarray(changes, dtype=np.float64)
    interval = mean_interval(changes, settings, clusters, limits)
    counts = ~np.isnan(changes)
    if not counts.any():
        return Difference(**asdict(interval), changed=0, p=np.nan)
    totals, _ = cluster_totals(changes[counts], cluster_numbers(clusters, len(changes))[counts])
    return tested(interval, changes[counts], sign_flip_p(totals, settings))


def tested(interval: Interval, changes: Values, p: float) -> Difference:
    """An interval of a difference with its p-value."""
    changed = int((changes != 0).sum())
    bounds = {} if changed else {"low": np.nan, "high": np.nan}
    return Difference(**{**asdict(interval), **bounds}, changed=changed, p=p)


def sign_flip_p(totals: Values, settings: IntervalSettings) -> float:
    """Two-sided p-value of the sum of `totals` `(clusters,)`, whose signs are arbitrary if nothing differs.

    All patterns of signs are tried where there are no more than `settings.permutations`; else so many are
    drawn, and the observed one counts as one of them (Phipson and Smyth 2010). The patterns belong to the
    number of clusters and the seed.
    """
    moved = totals[totals != 0]
    if len(moved) < 2:
        return 1.0
    exact = 2 ** (len(moved) - 1) <= settings.permutations + 1
    signs = (
        _all_signs(len(moved)) if exact else _drawn_signs(len(moved), settings.permutations, settings.seed)
    )
    sums = np.zeros(signs.shape[1])
    for sign, total in zip(signs, moved, strict=True):  # one order of summation on every processor
        sums += sign * total
    extreme = int((np.abs(sums) >= abs(_in_order(moved)) * (1 - _TIE)).sum())
    return extreme / len(sums) if exact else (extreme + 1) / (len(sums) + 1)


def exchange_p(totals: Values, sizes: Values, membership: Values, settings: IntervalSettings) -> float:
    """Two-sided p-value of the difference of two groups' means, were it no matter which cluster is in which.

    The groups are exchanged between clusters, `settings.permutations` times; the observed groups count as one
    of these ways (Phipson and Smyth 2010). As each cluster keeps its values and its size, three clusters
    against thirteen can do no better than one in 560.

    Args:
        totals: sum of the changes in each cluster, `(clusters,)`.
        sizes: queries of each cluster, `(clusters,)`.
        membership: share of each cluster's queries that are in the first group, `(clusters,)`; the others
            are in the second. Neither group is empty.
        settings: number of permutations and their seed.
    """
    orders = _drawn_orders(len(totals), settings.permutations, settings.seed)
    shares = np.column_stack([membership, membership[orders]])
    first, counts = np.zeros((2, shares.shape[1]))
    for share, total, size in zip(shares, totals, sizes, strict=True):  # one order of summation
        first += share * total
        counts += share * size
    all_totals, all_sizes = _in_order(totals), _in_order(sizes)
    difference = np.abs(first / counts - (all_totals - first) / (all_sizes - counts))
    slack = _TIE * np.abs(totals / sizes).max()
    return float((difference >= difference[0] - slack).mean())


def holm(p_values: pd.Series) -> pd.Series:
    """p-values adjusted for their number by Holm's method (1979); NaN is no test and stays NaN.

    Whatever the tests share, the chance that any true "no difference" falls below α is at most α.
    """
    tests = p_values.dropna().sort_values(kind="stable")
    factors = np.arange(len(tests), 0, -1)
    adjusted = pd.Series(np.minimum(np.maximum.accumulate(tests.to_numpy() * factors), 1.0), tests.index)
    return adjusted.reindex(p_values.index).astype("float64")


def _in_order(totals: Values) -> float:
    """The sum in the order in which flipped sums are formed."""
    return float(np.cumsum(totals)[-1])


@lru_cache(maxsize=4)
def _drawn_signs(clusters: int, permutations: int, seed: int) -> NDArray[np.int8]:
    rng = np.random.default_rng(seed)
    return (2 * rng.integers(2, size=(clusters, permutations), dtype=np.int8) - 1).astype(np.int8)


@lru_cache(maxsize=4)
def _drawn_orders(clusters: int, permutations: int, seed: int) -> NDArray[np.int64]:
    """Orders of the clusters, one in each column."""
    rows = np.tile(np.arange(clusters)[:, None], permutations)
    return np.random.default_rng(seed).permuted(rows, axis=0)


def _all_signs(clusters: int) -> NDArray[np.int8]:
    """Every pattern but for the sign of the whole: the first cluster keeps its own."""
    patterns = np.arange(2 ** (clusters - 1))
    return (1 - 2 * ((patterns >> np.arange(clusters)[:, None]) & 1)).astype(np.int8)
