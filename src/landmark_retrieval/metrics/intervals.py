"""Bootstrap intervals over clusters of queries.

Queries that show the same landmark rise and fall together, so what is drawn are whole clusters
(`metrics.clusters`). A statistic sees nothing but the weights of clusters: a further level, such as the seeds
of a training, would be weights of its own beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from landmark_retrieval.configuration import Settings
from landmark_retrieval.errors import DataError

_BLOCK = 2**21
"""Weights of clusters held at a time: 16 MiB."""

_LEFT_OUT = 500
"""Parts that are left out in turn, at most; with more clusters several leave together."""

_ROUNDING = 1e-12
"""Figures that differ by less are equal but for the order of their sums."""

FEW_CLUSTERS, FEW_CHANGES = 50, 10
"""Below so many clusters or changed queries an interval may be too narrow (`docs/metrics.md`)."""

Values = NDArray[np.float64]

Statistic = Callable[[Values], Values]
"""Weights of clusters `(lines, clusters)`, whole numbers, to one figure per line `(lines,)`."""

UNBOUNDED = (-np.inf, np.inf)


class IntervalSettings(Settings):
    """How intervals and tests are drawn."""

    resamples: int = Field(ge=100, description="bootstrap resamples of the clusters of queries")
    permutations: int = Field(default=9_999, ge=99, description="sign flips behind a p-value")
    confidence: float = Field(gt=0, lt=1, description="share of such intervals that hold the true figure")
    seed: int = Field(ge=0)


@dataclass(frozen=True)
class Interval:
    """A figure, the interval around it, and the numbers of queries and clusters it is made of.

    The bounds are NaN below two clusters, all of it is NaN without any query.
    """

    estimate: float
    low: float
    high: float
    n: int
    clusters: int


def mean_interval(
    values: Values,
    settings: IntervalSettings,
    clusters: ArrayLike | None = None,
    limits: tuple[float, float] = UNBOUNDED,
) -> Interval:
    """Interval of the mean of per-query values `(n,)`; NaN marks queries that do not count.

    Args:
        values: one per query.
        settings: of the interval.
        clusters: `(n,)` name of the cluster of each query; without it each query is its own.
        limits: the smallest and the greatest mean that is possible.

    Raises:
        DataError: there are not as many clusters as values.
    """
    values = np.asarray(values, dtype=np.float64)
    counts = ~np.isnan(values)
    own = cluster_numbers(clusters, len(values))[counts]
    values = values[counts]
    if not len(values):
        return Interval(np.nan, np.nan, np.nan, 0, 0)
    totals, sizes = cluster_totals(values, own)

    def statistic(weights: Values) -> Values:
        return weighted(weights, totals) / weighted(weights, sizes)

    return bootstrap(statistic, float(values.mean()), len(values), len(sizes), settings, limits)


def bootstrap(
    statistic: Statistic,
    estimate: float,
    n: int,
    clusters: int,
    settings: IntervalSettings,
    limits: tuple[float, float] = UNBOUNDED,
) -> Interval:
    """Interval of any figure of `n` queries in `clusters`.

    The wider of two, on each side: the BCa bootstrap interval (Efron 1987) with the levels of Student's t
    instead of the normal distribution (Hesterberg 2015, section 4.2), and Student's interval with the
    jackknife's standard error. The first follows skewness, the second holds where few clusters carry the
    figure; `benchmarks/interval_coverage.py` compares them. The same number of clusters and the same seed
    give the same resamples, so that figures of the same queries move together.
    """
    if clusters < 2 or np.isnan(estimate):
        return Interval(estimate, np.nan, np.nan, n, clusters)
    drawn, left_out = _figures_of(statistic, clusters, settings)
    if not len(drawn) or len(left_out) < 2:
        return Interval(estimate, np.nan, np.nan, n, clusters)
    if np.ptp(left_out) <= _ROUNDING * max(1.0, abs(estimate)):
        return Interval(estimate, estimate, estimate, n, clusters)
    low, high = np.array(
        [
            bca(drawn, estimate, left_out, _normal_deviate(clusters, settings.confidence)),
            student(estimate, left_out, clusters, settings.confidence),
        ]
    ).T
    return Interval(estimate, max(low.min(), limits[0]), min(high.max(), limits[1]), n, clusters)


def bca(drawn: Values, estimate: float, left_out: Values, deviate: float) -> tuple[float, float]:
    """Bias-corrected and accelerated percentiles of resampled figures (Efron 1987).

    Args:
        drawn: resampled figures `(resamples,)`.
        estimate: the figure itself.
        left_out: the figure without each cluster (or part) in turn.
        deviate: the normal deviate of the nominal level, 1.96 for 95 %.
    """
    from scipy.special import ndtr, ndtri

    tolerance = _ROUNDING * max(1.0, abs(estimate))
    below = ((drawn < estimate - tolerance).mean() + (drawn <= estimate + tolerance).mean()) / 2
    bias = ndtri(np.clip(below, 1 / len(drawn), 1 - 1 / len(drawn)))
    influence = left_out.mean() - left_out
    acceleration = (influence**3).sum() / (6 * (influence**2).sum() ** 1.5)
    shifted = bias + np.array([-deviate, deviate])
    room = np.maximum(1 - acceleration * shifted, _ROUNDING)
    low, high = np.quantile(drawn, ndtr(bias + shifted / room))
    return float(low), float(high)


def student(estimate: float, left_out: Values, clusters: int, confidence: float) -> tuple[float, float]:
    """Student's interval with the standard error of the jackknife."""
    from scipy.special import stdtrit

    parts = len(left_out)
    error = np.sqrt((parts - 1) / parts * ((left_out - left_out.mean()) ** 2).sum())
    half = float(stdtrit(clusters - 1, (1 + confidence) / 2) * error)
    return estimate - half, estimate + half


def cluster_numbers(clusters: ArrayLike | None, n: int) -> NDArray[np.int64]:
    """Each query's cluster as a number, in ascending order of the names."""
    if clusters is None:
        return np.arange(n)
    names = np.asarray(clusters)
    if names.shape != (n,):
        raise DataError(f"expected the cluster of each of {n} queries, found {names.size}")
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def cluster_totals(values: Values, own: NDArray[np.int64]) -> tuple[Values, Values]:
    """Sum of the values and number of queries of each cluster that has any, `(clusters,)` each."""
    own = np.unique(own, return_inverse=True)[1]
    return np.bincount(own, weights=values).astype(np.float64), np.bincount(own).astype(np.float64)


def weighted(weights: Values, totals: Values) -> Values:
    """Sums of cluster totals by lines of weights; no BLAS, whose order of summation is the processor's."""
    sums: Values = (weights * totals).sum(axis=1)
    return sums


def _normal_deviate(clusters: int, confidence: float) -> float:
    """What t with its standard error of `clusters` is, where the bootstrap's has a divisor of `clusters`."""
    from scipy.special import stdtrit

    return float(stdtrit(clusters - 1, (1 + confidence) / 2) * np.sqrt(clusters / (clusters - 1)))


def _figures_of(statistic: Statistic, clusters: int, settings: IntervalSettings) -> tuple[Values, Values]:
    """Resampled figures, and those without each cluster in turn; lines without a figure do not count."""
    drawn = np.concatenate([statistic(weights) for weights in _resamples(clusters, settings)])
    left_out = np.concatenate([statistic(weights) for weights in _without_each(clusters)])
    return drawn[~np.isnan(drawn)], left_out[~np.isnan(left_out)]


def _resamples(clusters: int, settings: IntervalSettings) -> Iterator[Values]:
    if clusters * settings.resamples <= _BLOCK:
        yield _all_resamples(clusters, settings.resamples, settings.seed)
        return
    rng = np.random.default_rng(settings.seed)
    block = max(1, _BLOCK // clusters)
    for start in range(0, settings.resamples, block):
        yield _drawn(rng, min(block, settings.resamples - start), clusters)


@lru_cache(maxsize=4)
def _all_resamples(clusters: int, resamples: int, seed: int) -> Values:
    """All resamples at once; most figures of a run are of the same few numbers of clusters."""
    weights = _drawn(np.random.default_rng(seed), resamples, clusters)
    weights.flags.writeable = False
    return weights


def _drawn(rng: np.random.Generator, lines: int, clusters: int) -> Values:
    """How often each cluster is drawn, `(lines, clusters)`."""
    cells = rng.integers(clusters, size=(lines, clusters)) + np.arange(lines)[:, None] * clusters
    counts = np.bincount(cells.ravel(), minlength=lines * clusters)
    return counts.reshape(lines, clusters).astype(np.float64)


def _without_each(clusters: int) -> Iterator[Values]:
    parts = min(clusters, _LEFT_OUT)
    part = np.arange(clusters) % parts
    block = max(1, _BLOCK // clusters)
    for start in range(0, parts, block):
        yield (np.arange(start, min(start + block, parts))[:, None] != part).astype(np.float64)
