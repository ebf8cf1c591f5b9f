"""Coverage of the intervals of metrics: how often they hold the true figure, in simulated benchmarks.

    PYTHONPATH=src python benchmarks/interval_coverage.py [--repetitions 2000] [--resamples 2000]

A benchmark is a number of queries that fall into clusters. What queries of one cluster share is a normal
variable with the given correlation within clusters; figures and changes of queries are monotone functions of
it. Each line is a population and a structure, with the coverage of the percentile interval over queries, of
the percentile and the BCa interval over clusters, and of the interval that is printed; then the share of
intervals that carry no sign (50 clusters, 10 changed queries) and the coverage of these alone. Everything is
seeded; the result depends on the repetitions alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.metrics.intervals import (
    FEW_CHANGES,
    FEW_CLUSTERS,
    IntervalSettings,
    bca,
    mean_interval,
)

Values = NDArray[np.float64]

_SEEDS = 20
"""Sets of resamples; consecutive benchmarks share one."""

Shared = Callable[[], Values]
"""Draws one standard normal variable per query, correlated within clusters."""


@dataclass(frozen=True)
class Structure:
    """Queries in clusters of given sizes, and the correlation within a cluster."""

    name: str
    sizes: tuple[int, ...]
    correlation: float

    @property
    def clusters(self) -> NDArray[np.int64]:
        """The cluster of each query."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    def shared(self, rng: np.random.Generator) -> Values:
        """`sqrt(c)·u + sqrt(1 − c)·e`, u per cluster and e per query."""
        of_cluster = rng.standard_normal(len(self.sizes))[self.clusters]
        own = rng.standard_normal(len(self.clusters))
        return np.sqrt(self.correlation) * of_cluster + np.sqrt(1 - self.correlation) * own


@dataclass(frozen=True)
class Population:
    """What is measured of each query, and its true mean; `changes` are differences of two methods."""

    name: str
    draw: Callable[[Shared], Values]
    mean: float
    changes: bool = False


def average_precision(zeros: float, a: float, b: float) -> Population:
    """AP that is 0 for a share of the queries and Beta(a, b) for the others."""
    from scipy.stats import beta, norm

    def draw(shared: Shared) -> Values:
        level = norm.cdf(shared())
        return np.where(level < zeros, 0.0, beta.ppf(np.maximum(level - zeros, 0) / (1 - zeros), a, b))

    return Population(f"AP, {zeros:.0%} zero", draw, (1 - zeros) * a / (a + b))


def normal_changes(share: float, mean: float, deviation: float) -> Population:
    """A share of the queries changes by a normal amount."""
    from scipy.stats import norm

    def draw(shared: Shared) -> Values:
        changed = norm.cdf(shared()) < share
        return np.where(changed, mean + deviation * shared(), 0.0)

    return Population(f"{share:.0%} change", draw, share * mean, changes=True)


def skewed_changes(share: float, gains: float = 0.8, scale: float = 0.15) -> Population:
    """A share of the queries changes: most gain an exponential amount, the others lose half of one."""
    from scipy.stats import norm

    def draw(shared: Shared) -> Values:
        changed = norm.cdf(shared()) < share
        amount = -scale * np.log(norm.sf(shared()))
        sign = np.where(norm.cdf(shared()) < gains, 1.0, -0.5)
        return np.where(changed, sign * amount, 0.0)

    mean = share * scale * (gains - 0.5 * (1 - gains))
    return Population(f"{share:.0%} change, skewed", draw, mean, changes=True)


POPULATIONS = (
    average_precision(0.1, 0.8, 0.8),
    average_precision(0.5, 1.0, 1.5),
    average_precision(0.9, 1.0, 1.5),
    normal_changes(1.0, 0.02, 0.1),
    skewed_changes(0.5),
    normal_changes(0.2, 0.1, 0.2),
    normal_changes(0.05, 0.1, 0.2),
)

_PRIVATE = (1,) * 80 + (2,) * 22 + (3,) * 7
_RWORLD = (4, 4) + (3,) * 6 + (2,) * 6 + (1, 1)
_OXFORD = (1, 4) + (5,) * 5 + (8,) * 5

_OVERLAP = (1,) * 40 + (2,) * 40 + (3,) * 30 + (4,) * 25 + (5,) * 20 + (7,) * 10 + (10, 10, 27)

STRUCTURES = (
    Structure("30, independent", (1,) * 30, 0.0),
    Structure("145, independent", (1,) * 145, 0.0),
    Structure("500, independent", (1,) * 500, 0.0),
    Structure("30 of 12", (4, 4, 4, 3, 3, 3, 2, 2, 2, 1, 1, 1), 0.3),
    *(
        Structure(name, sizes, correlation)
        for name, sizes in (("40 of 16", _RWORLD), ("70 of 12", _OXFORD), ("145 of 109", _PRIVATE))
        for correlation in (0.3, 0.6)
    ),
    Structure("527 of 168", _OVERLAP, 0.45),
    Structure("500 of 376", (1,) * 276 + (2,) * 76 + (3,) * 24, 0.45),
)
"""Sizes as in RWorld, revisited Oxford, and the Private queries of the generated world and of ENV=overlap."""


@dataclass(frozen=True)
class Coverage:
    """Shares of intervals that hold the true mean; `unmarked` of all intervals carry no sign."""

    queries: float
    clusters: float
    bca: float
    printed: float
    unmarked: float
    printed_unmarked: float


def coverage(
    population: Population, structure: Structure, repetitions: int, settings: IntervalSettings
) -> Coverage:
    """Coverage in so many benchmarks."""
    rng = np.random.default_rng([settings.seed, len(structure.sizes), sum(structure.sizes)])
    lines = []
    for number in range(repetitions):
        values = population.draw(lambda: structure.shared(rng))
        own = settings.model_copy(update={"seed": number * _SEEDS // repetitions})
        lines.append(list(_covered(values, population, structure, own)))
    held = np.array(lines)
    unmarked = held[:, 4]
    alone = held[unmarked, 3].mean() if unmarked.any() else np.nan
    return Coverage(*held.mean(axis=0)[:5], float(alone))


def _covered(
    values: Values, population: Population, structure: Structure, settings: IntervalSettings
) -> Iterator[bool]:
    """Percentiles over queries and over clusters, BCa, the printed interval; then whether it has no sign."""
    from scipy.stats import norm

    own, count = structure.clusters, len(structure.sizes)
    sizes, totals = np.array(structure.sizes, dtype=np.float64), np.bincount(own, weights=values)
    drawn = _weights(len(values), settings) @ values / len(values)
    weights = _weights(count, settings)
    of_clusters = (weights @ totals) / (weights @ sizes)
    left_out = (totals.sum() - totals) / (sizes.sum() - sizes)
    tail = (1 - settings.confidence) / 2
    for figures in (drawn, of_clusters):
        low, high = np.quantile(figures, [tail, 1 - tail])
        yield _holds(low, high, population.mean)
    equal = np.ptp(left_out) == 0
    low, high = (np.nan, np.nan) if equal else bca(of_clusters, values.mean(), left_out, norm.ppf(1 - tail))
    yield _holds(low, high, population.mean)
    limits = (-np.inf, np.inf) if population.changes else (0.0, 1.0)
    interval = mean_interval(values, settings, own, limits)
    yield _holds(interval.low, interval.high, population.mean)
    changed = (values != 0).sum() if population.changes else FEW_CHANGES
    yield count >= FEW_CLUSTERS and changed >= FEW_CHANGES


@lru_cache(maxsize=4)
def _weights(count: int, settings: IntervalSettings) -> Values:
    """How often each of `count` is drawn, `(resamples, count)`."""
    rng = np.random.default_rng(settings.seed)
    return rng.multinomial(count, np.full(count, 1 / count), size=settings.resamples).astype(np.float64)


def _holds(low: float, high: float, mean: float) -> bool:
    return bool(low <= mean <= high)


_HEADER = (
    "population",
    "queries",
    "correlation",
    "percentile over queries",
    "percentile",
    "BCa",
    "printed",
    "no sign",
    "of these",
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=2000)
    parser.add_argument("--resamples", type=int, default=2000)
    chosen = parser.parse_args()
    settings = IntervalSettings(resamples=chosen.resamples, confidence=0.95, seed=0)
    print(f"| {' | '.join(_HEADER)} |\n|{'---|' * len(_HEADER)}")
    for population in reversed(POPULATIONS):  # rare changes, which lose most, first
        for structure in STRUCTURES:
            found = coverage(population, structure, chosen.repetitions, settings)
            shares = (found.queries, found.clusters, found.bca, found.printed, found.unmarked)
            alone = "–" if np.isnan(found.printed_unmarked) else f"{100 * found.printed_unmarked:.1f}"
            cells = [
                population.name,
                structure.name,
                f"{structure.correlation:g}",
                *(f"{100 * share:.1f}" for share in shares),
                alone,
            ]
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
