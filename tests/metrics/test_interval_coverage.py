"""Simulated coverage of the intervals, a small version of `benchmarks/interval_coverage.py`."""

import numpy as np
import pytest

from interval_coverage import (
    POPULATIONS,
    STRUCTURES,
    Coverage,
    Population,
    Structure,
    coverage,
)
from landmark_retrieval.metrics.intervals import IntervalSettings

pytestmark = pytest.mark.costly

REPETITIONS = 400
SETTINGS = IntervalSettings(resamples=400, confidence=0.95, seed=0)
NOISE = 3 * np.sqrt(0.95 * 0.05 / REPETITIONS)
"""Three standard deviations of a share of 95 % in so many repetitions."""

FIGURES, CHANGES = POPULATIONS[0], POPULATIONS[3]
RARE = POPULATIONS[-1]


def structure(name: str, correlation: float) -> Structure:
    return next(s for s in STRUCTURES if (s.name, s.correlation) == (name, correlation))


def covered(population: Population, name: str, correlation: float) -> Coverage:
    return coverage(population, structure(name, correlation), REPETITIONS, SETTINGS)


@pytest.mark.parametrize("population", [FIGURES, CHANGES], ids=lambda population: population.name)
@pytest.mark.parametrize(
    ("name", "correlation"),
    [("30, independent", 0), ("40 of 16", 0.3), ("70 of 12", 0.6), ("145 of 109", 0.6), ("500 of 376", 0.45)],
)
def test_printed_intervals_hold_the_true_mean_in_95_of_100_benchmarks(population, name, correlation):
    found = covered(population, name, correlation)
    assert abs(found.printed - 0.95) < 0.02 + NOISE
    assert found.printed >= found.bca


def test_resampling_queries_that_share_landmarks_does_not():
    found = covered(FIGURES, "70 of 12", 0.6)
    assert found.queries < 0.8 < found.clusters < 0.95 - NOISE / 3


def test_rare_changes_carry_a_sign_until_there_are_enough():
    few, many = covered(RARE, "145 of 109", 0.3), covered(RARE, "500 of 376", 0.45)
    assert few.printed < 0.95
    assert few.unmarked < 0.5
    assert many.unmarked > 0.95
    assert abs(many.printed_unmarked - 0.95) < 0.02 + NOISE
