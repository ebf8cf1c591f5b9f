import numpy as np
import pytest
from pydantic import ValidationError

from landmark_retrieval.errors import DataError
from landmark_retrieval.metrics import intervals
from landmark_retrieval.metrics.intervals import IntervalSettings, difference_interval, mean_interval

SETTINGS = IntervalSettings(resamples=2000, confidence=0.95, seed=7)


def test_agrees_with_one_resample_at_a_time():
    values = np.random.default_rng(0).random(37)
    rng = np.random.default_rng(SETTINGS.seed)
    means = [values[rng.integers(37, size=37)].mean() for _ in range(SETTINGS.resamples)]
    interval = mean_interval(values, SETTINGS)
    assert (interval.low, interval.high) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])))
    assert interval.estimate == pytest.approx(values.mean())


def test_is_near_the_textbook_interval():
    values = np.random.default_rng(1).normal(0.4, 0.2, size=400)
    half = 1.96 * values.std(ddof=1) / np.sqrt(400)
    interval = mean_interval(values, SETTINGS)
    assert interval.low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_memory_bound_does_not_show(monkeypatch):
    values = np.random.default_rng(2).random(23)
    whole = mean_interval(values, SETTINGS)
    monkeypatch.setattr(intervals, "_BLOCK", 100)
    assert mean_interval(values, SETTINGS) == whole


def test_queries_that_do_not_count_are_left_out():
    values = np.random.default_rng(3).random(20)
    assert mean_interval(np.insert(values, [0, 5, 20], np.nan), SETTINGS) == mean_interval(values, SETTINGS)


def test_pairing_narrows_the_difference():
    rng = np.random.default_rng(4)
    baseline = rng.random(100)
    better = baseline + rng.normal(0.02, 0.01, size=100)
    paired = difference_interval(better, baseline, SETTINGS)
    assert paired.low > 0
    assert paired.estimate == pytest.approx((better - baseline).mean())
    assert paired.high - paired.low < 0.1 * (
        mean_interval(better, SETTINGS).high - mean_interval(better, SETTINGS).low
    )


def test_exchanging_the_sides_turns_the_difference_round():
    a, b = np.random.default_rng(5).random((2, 50))
    there, back = difference_interval(a, b, SETTINGS), difference_interval(b, a, SETTINGS)
    assert (there.estimate, there.low, there.high) == pytest.approx((-back.estimate, -back.high, -back.low))


def test_another_seed_draws_other_queries():
    values = np.random.default_rng(6).random(30)
    other = SETTINGS.model_copy(update={"seed": 8})
    assert mean_interval(values, SETTINGS).low != mean_interval(values, other).low
    assert mean_interval(values, SETTINGS) == mean_interval(values, SETTINGS)


@pytest.mark.parametrize("values", [[], [np.nan, np.nan]])
def test_no_query(values):
    interval = mean_interval(np.array(values), SETTINGS)
    assert interval.n == 0
    assert np.isnan([interval.estimate, interval.low, interval.high]).all()


def test_one_query_has_a_figure_and_no_interval():
    interval = mean_interval(np.array([0.3, np.nan]), SETTINGS)
    assert (interval.estimate, interval.n) == (0.3, 1)
    assert np.isnan([interval.low, interval.high]).all()


def test_equal_queries_have_an_interval_of_no_width():
    interval = mean_interval(np.full(9, 0.5), SETTINGS)
    assert (interval.low, interval.estimate, interval.high) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(("a", "b"), [([1.0, 2.0], [1.0]), ([1.0, np.nan], [1.0, 2.0])])
def test_difference_of_other_queries(a, b):
    with pytest.raises(DataError, match="same queries"):
        difference_interval(np.array(a), np.array(b), SETTINGS)


@pytest.mark.parametrize("wrong", [{"resamples": 1}, {"confidence": 95}, {"sead": 1}])
def test_settings_refuse(wrong):
    with pytest.raises(ValidationError):
        IntervalSettings.model_validate({**SETTINGS.model_dump(), **wrong})
