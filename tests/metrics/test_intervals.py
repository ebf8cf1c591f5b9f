import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from landmark_retrieval.errors import DataError
from landmark_retrieval.metrics import intervals
from landmark_retrieval.metrics.intervals import IntervalSettings, bca, mean_interval, student

SETTINGS = IntervalSettings(resamples=2000, confidence=0.95, seed=7)


def in_clusters(seed: int, n: int = 60, clusters: int = 25) -> tuple[np.ndarray, np.ndarray]:
    """Skewed values of queries, and names of clusters of one to many queries in no order."""
    rng = np.random.default_rng(seed)
    own = np.concatenate([np.arange(clusters), rng.integers(clusters, size=n - clusters)])
    rng.shuffle(own)
    values = rng.exponential(size=clusters)[own] + rng.random(n)
    return values, np.array([f"c{i:03}" for i in own])


def jackknife(values: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    return np.array([values[clusters != name].mean() for name in np.unique(clusters)])


def expected_bounds(drawn: np.ndarray, values: np.ndarray, clusters: np.ndarray) -> tuple[float, float]:
    left_out, n = jackknife(values, clusters), len(np.unique(clusters))
    deviate = stats.t.ppf(0.975, n - 1) * np.sqrt(n / (n - 1))
    bounds = bca(drawn, values.mean(), left_out, deviate), student(values.mean(), left_out, n, 0.95)
    return min(low for low, _ in bounds), max(high for _, high in bounds)


def test_bca_is_that_of_scipy():
    values = np.random.default_rng(0).exponential(size=37)
    rng = np.random.default_rng(SETTINGS.seed)
    scipys = stats.bootstrap((values,), np.mean, n_resamples=2000, method="BCa", rng=rng)
    left_out = jackknife(values, np.arange(37))
    ours = bca(scipys.bootstrap_distribution, values.mean(), left_out, stats.norm.ppf(0.975))
    assert ours == pytest.approx(tuple(scipys.confidence_interval))


def test_single_queries_are_resampled_as_scipy_does():
    values = np.random.default_rng(1).exponential(size=37)
    rng = np.random.default_rng(SETTINGS.seed)
    drawn = stats.bootstrap((values,), np.mean, n_resamples=2000, rng=rng).bootstrap_distribution
    interval = mean_interval(values, SETTINGS)
    assert (interval.low, interval.high) == pytest.approx(expected_bounds(drawn, values, np.arange(37)))
    assert (interval.estimate, interval.n, interval.clusters) == (values.mean(), 37, 37)


def test_student_is_that_of_scipy():
    values = np.random.default_rng(2).random(21)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    ours = student(values.mean(), jackknife(values, np.arange(21)), 21, 0.95)
    assert ours == pytest.approx((expected.low, expected.high))


def test_whole_clusters_are_drawn_as_by_a_loop():
    values, clusters = in_clusters(3)
    names = np.unique(clusters)
    rng = np.random.default_rng(SETTINGS.seed)
    drawn = []
    for line in rng.integers(len(names), size=(SETTINGS.resamples, len(names))):
        queries = [value for i in line for value in values[clusters == names[i]]]
        drawn.append(sum(queries) / len(queries))
    interval = mean_interval(values, SETTINGS, clusters)
    assert (interval.low, interval.high) == pytest.approx(expected_bounds(np.array(drawn), values, clusters))
    assert (interval.n, interval.clusters) == (60, 25)


def test_queries_that_are_copies_of_each_other_narrow_nothing():
    values = np.random.default_rng(4).random(30)
    one = mean_interval(values, SETTINGS)
    four = mean_interval(np.repeat(values, 4), SETTINGS, np.repeat(np.arange(30), 4))
    assert (four.low, four.high) == pytest.approx((one.low, one.high))
    apart = mean_interval(np.repeat(values, 4), SETTINGS)
    assert apart.high - apart.low < 0.6 * (one.high - one.low)


def test_is_near_the_textbook_interval():
    values = np.random.default_rng(5).normal(0.4, 0.2, size=400)
    half = 1.96 * values.std(ddof=1) / np.sqrt(400)
    interval = mean_interval(values, SETTINGS)
    assert interval.low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_memory_bound_does_not_show(monkeypatch):
    values, clusters = in_clusters(6)
    whole = mean_interval(values, SETTINGS, clusters)
    monkeypatch.setattr(intervals, "_BLOCK", 100)
    assert mean_interval(values, SETTINGS, clusters) == whole


def test_leaving_out_several_clusters_at_once_says_the_same(monkeypatch):
    values = np.random.default_rng(7).exponential(size=800)
    whole = mean_interval(values, SETTINGS)
    monkeypatch.setattr(intervals, "_LEFT_OUT", 200)
    parts = mean_interval(values, SETTINGS)
    assert (parts.low, parts.high) == pytest.approx(
        (whole.low, whole.high), abs=0.1 * (whole.high - whole.low)
    )


def test_names_of_clusters_do_not_matter_beyond_their_order():
    values, clusters = in_clusters(8)
    renamed = np.char.add("landmark ", clusters.astype(str))
    assert mean_interval(values, SETTINGS, renamed) == mean_interval(values, SETTINGS, clusters)


def test_queries_that_do_not_count_are_left_out():
    values, clusters = in_clusters(9)
    at = [0, 5, 20]
    more = np.insert(values, at, np.nan), np.insert(clusters, at, ["c000", "lonely", "c001"])
    assert mean_interval(more[0], SETTINGS, more[1]) == mean_interval(values, SETTINGS, clusters)


def test_bounds_stay_within_what_is_possible():
    values = np.array([1.0, 1.0, 1.0, 0.9, 0.2, 0.0])
    free, held = mean_interval(values, SETTINGS), mean_interval(values, SETTINGS, limits=(0.0, 1.0))
    assert free.high > 1.0
    assert (held.low, held.high) == (free.low, 1.0)


def test_another_seed_draws_other_queries():
    values, clusters = in_clusters(10)
    other = SETTINGS.model_copy(update={"seed": 8})
    skewed = mean_interval(values, SETTINGS, clusters).high
    assert skewed != mean_interval(values, other, clusters).high
    assert skewed == mean_interval(values, SETTINGS, clusters).high


@pytest.mark.parametrize("values", [[], [np.nan, np.nan]])
def test_no_query(values):
    interval = mean_interval(np.array(values), SETTINGS)
    assert (interval.n, interval.clusters) == (0, 0)
    assert np.isnan([interval.estimate, interval.low, interval.high]).all()


@pytest.mark.parametrize(("values", "clusters"), [([0.3, np.nan], None), ([0.2, 0.4], ["a", "a"])])
def test_one_cluster_has_a_figure_and_no_interval(values, clusters):
    interval = mean_interval(np.array(values), SETTINGS, clusters)
    assert interval.estimate == pytest.approx(0.3)
    assert interval.clusters == 1
    assert np.isnan([interval.low, interval.high]).all()


@pytest.mark.parametrize("value", [0.5, 0.1])
def test_equal_queries_have_an_interval_of_no_width(value):
    interval = mean_interval(np.full(9, value), SETTINGS)
    assert interval.low == interval.estimate == interval.high
    assert interval.estimate == pytest.approx(value)


def test_a_cluster_for_each_query():
    with pytest.raises(DataError, match="cluster of each of 3 queries, found 2"):
        mean_interval(np.zeros(3), SETTINGS, ["a", "b"])


@pytest.mark.parametrize("wrong", [{"resamples": 1}, {"confidence": 95}, {"sead": 1}, {"permutations": 1}])
def test_settings_refuse(wrong):
    with pytest.raises(ValidationError):
        IntervalSettings.model_validate({**SETTINGS.model_dump(), **wrong})
