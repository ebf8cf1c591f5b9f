from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from landmark_retrieval.errors import DataError
from landmark_retrieval.metrics.intervals import IntervalSettings, mean_interval
from landmark_retrieval.metrics.paired_tests import (
    difference_interval,
    exchange_p,
    holm,
    mean_difference,
    sign_flip_p,
)

SETTINGS = IntervalSettings(resamples=500, permutations=4_999, confidence=0.95, seed=7)


def test_pairing_narrows_the_difference():
    rng = np.random.default_rng(4)
    baseline = rng.random(100)
    better = baseline + rng.normal(0.02, 0.01, size=100)
    paired = difference_interval(better, baseline, SETTINGS)
    assert paired.low > 0
    assert paired.p == 1 / 5000
    assert paired.changed == 100
    assert paired.estimate == pytest.approx((better - baseline).mean())
    alone = mean_interval(better, SETTINGS)
    assert paired.high - paired.low < 0.1 * (alone.high - alone.low)


def test_exchanging_the_sides_turns_the_difference_round():
    a, b = np.random.default_rng(5).random((2, 50))
    clusters = np.arange(50) // 3
    there, back = (difference_interval(*sides, SETTINGS, clusters) for sides in ((a, b), (b, a)))
    assert (there.estimate, there.low, there.high) == pytest.approx((-back.estimate, -back.high, -back.low))
    assert (there.p, there.changed, there.clusters) == (back.p, 50, 17)


@pytest.mark.parametrize(("a", "b"), [([1.0, 2.0], [1.0]), ([1.0, np.nan], [1.0, 2.0])])
def test_difference_of_other_queries(a, b):
    with pytest.raises(DataError, match="same queries"):
        difference_interval(np.array(a), np.array(b), SETTINGS)


def test_all_patterns_of_signs_are_tried_where_clusters_are_few():
    totals = np.array([0.3, -0.1, 0.2, 0.2, 0.0, 0.4])
    moved = totals[totals != 0]
    sums = [abs(np.dot(signs, moved)) for signs in product((-1, 1), repeat=5)]
    expected = np.mean([value >= moved.sum() - 1e-12 for value in sums])
    assert sign_flip_p(totals, SETTINGS) == expected == 4 / 32


def test_drawn_signs_agree_with_scipy():
    changes = np.random.default_rng(0).normal(0.3, 1, size=40)
    expected = stats.permutation_test(
        (changes,), np.sum, permutation_type="samples", n_resamples=20_000, rng=np.random.default_rng(1)
    ).pvalue
    found = sign_flip_p(changes, SETTINGS.model_copy(update={"permutations": 19_999}))
    assert found == pytest.approx(expected, abs=4 * np.sqrt(2 * expected * (1 - expected) / 20_000))


def test_signs_of_whole_clusters_are_flipped():
    changes = np.tile([0.1, 0.1, 0.1, 0.1], 5)
    alone = mean_difference(changes, SETTINGS)
    together = mean_difference(changes, SETTINGS, np.arange(20) // 4)
    assert together.p == 2 / 2**5
    assert alone.p < 0.001


@pytest.mark.parametrize("changes", [[0.0, 0.0, 0.0], [0.0, 0.5, 0.0]])
def test_a_sample_with_hardly_a_change_proves_nothing(changes):
    found = mean_difference(np.array(changes), SETTINGS)
    assert found.p == 1.0
    assert found.changed == np.count_nonzero(changes)
    assert np.isnan(found.low) == np.isnan(found.high) == (found.changed == 0)


def test_without_any_query_nothing_is_known():
    found = mean_difference(np.array([np.nan]), SETTINGS)
    assert np.isnan([found.estimate, found.low, found.high, found.p]).all()
    assert (found.n, found.changed) == (0, 0)


def test_p_values_are_uniform_where_nothing_differs():
    rng = np.random.default_rng(2)
    clusters = np.repeat(np.arange(30), 3)
    found = []
    for _ in range(400):
        changes = rng.standard_normal(30)[clusters] * 0.7 + rng.standard_normal(90) * 0.7
        found.append(mean_difference(changes, SETTINGS, clusters).p)
    rejected = np.mean(np.array(found) < 0.05)
    assert abs(rejected - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 400)


def test_exchanged_groups_agree_with_scipy():
    rng = np.random.default_rng(4)
    first, other = rng.normal(0.5, 1, 8), rng.normal(0, 1, 25)
    settings = SETTINGS.model_copy(update={"permutations": 19_999})
    found = exchange_p(np.append(first, other), np.ones(33), np.arange(33) < 8, settings)
    expected = stats.permutation_test(
        (first, other),
        lambda a, b: abs(a.mean() - b.mean()),
        alternative="greater",
        n_resamples=20_000,
        rng=rng,
    ).pvalue
    assert found == pytest.approx(expected, abs=4 * np.sqrt(2 * expected * (1 - expected) / 20_000))


def test_three_clusters_against_thirteen_prove_as_much_as_there_are_ways_to_choose_three():
    totals = np.append([-0.9, -0.8, -1.0], np.full(13, 0.01))
    p = exchange_p(totals, np.ones(16), np.arange(16) < 3, SETTINGS)
    assert p == pytest.approx(1 / 560, rel=0.5)
    equal = exchange_p(np.full(16, 0.3), np.full(16, 3.0), np.arange(16) < 3, SETTINGS)
    assert equal == 1.0


def test_exchanged_groups_reject_as_often_as_they_should_where_clusters_are_few():
    rng = np.random.default_rng(5)
    sizes = np.array([5, 2, 2, *[1, 2, 3, 4] * 3, 1])
    settings = SETTINGS.model_copy(update={"permutations": 999})
    found = [
        exchange_p(rng.normal(0.2, 1, 16) * sizes, sizes, np.arange(16) < 3, settings) for _ in range(600)
    ]
    assert np.mean(np.array(found) < 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 600)


def test_holm():
    p = pd.Series([0.01, np.nan, 0.04, 0.03, 0.005], index=list("abcde"))
    adjusted = holm(p)
    assert adjusted.drop("b").to_dict() == pytest.approx({"a": 0.03, "c": 0.06, "d": 0.06, "e": 0.02})
    assert np.isnan(adjusted["b"])
    assert holm(pd.Series([0.4, 0.6])).tolist() == pytest.approx([0.8, 0.8])
    assert holm(pd.Series([np.nan])).isna().all()
