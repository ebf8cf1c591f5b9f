import numpy as np
import pytest
from scipy import stats

from landmark_retrieval.verification.chance import chance_bounds

UP_TO = 60
CHANCE = {
    "few inliers": stats.poisson(1.2),
    "some inliers": stats.binom(40, 0.15),
    "many inliers": stats.geom(0.2),
}


def drawn(name: str, n: int, seed: int = 0) -> np.ndarray:
    """Accidental inliers; fewer than four are none, as the search for a transform has it."""
    found = CHANCE[name].rvs(n, random_state=seed)
    return np.where(found < 4, 0, found).astype(np.int64)


def true_rates(name: str) -> np.ndarray:
    rates = CHANCE[name].sf(np.arange(UP_TO + 1) - 1)
    return np.where(np.arange(UP_TO + 1) < 4, rates[4], rates)


@pytest.mark.parametrize("name", CHANCE)
def test_the_bound_holds_at_every_count_in_nearly_all_samples(name):
    truth = true_rates(name)
    samples = (drawn(name, 3_000, seed) for seed in range(60))
    held = [(chance_bounds(sample, UP_TO, 0.95)[1:] >= truth[1:]).all() for sample in samples]
    assert np.mean(held) >= 0.95


@pytest.mark.parametrize("name", CHANCE)
def test_the_bound_is_worth_something_beyond_what_was_seen(name):
    inliers = drawn(name, 3_000)
    bounds, truth = chance_bounds(inliers, UP_TO, 0.95), true_rates(name)
    needed = [int((rates > 1e-5).argmin()) for rates in (bounds, truth)]
    assert bounds[needed[0]] < 1 / len(inliers) / 10
    assert needed[1] <= needed[0] <= 1.6 * needed[1] + 3


@pytest.mark.parametrize("name", CHANCE)
@pytest.mark.parametrize("share", [0.01, 0.1, 0.2])
def test_real_matches_among_the_pairs_hardly_move_the_threshold(name, share):
    """Watermarks and wrong labels: as many as 4 to 400 inliers, whatever the share of all pairs."""
    inliers = drawn(name, 4_000)
    n_real = int(share * (inliers > 0).sum())
    real = np.exp(np.random.default_rng(1).uniform(np.log(4), np.log(400), n_real)).astype(np.int64)
    thresholds = [
        int((chance_bounds(found, 400, 0.95) <= 1e-3).argmax())
        for found in (inliers, np.concatenate([inliers, real]))
    ]
    assert 0 < thresholds[0] <= thresholds[1] <= 1.6 * thresholds[0] + 2
    of_all = np.sort(np.concatenate([inliers, real]))
    assert share < 0.1 or of_all[-len(of_all) // 1_000] > 3 * thresholds[1], "shares as they are do move"


def test_shares_that_are_large_are_bounded_as_clopper_and_pearson_do():
    inliers = np.repeat([0, 9], [950, 50])
    bounds = chance_bounds(inliers, 9, 0.95)
    assert bounds[0] == 1
    # one place in the body and one step up to `_REACH` times: three places, seven bounds
    expected = stats.binomtest(50, 1000, alternative="less").proportion_ci(1 - 0.05 / 7).high
    assert bounds[1] == pytest.approx(expected)


def test_without_an_inlier_the_number_of_pairs_decides():
    few, many = (chance_bounds(np.zeros(n, np.int64), 5, 0.95) for n in (100, 10_000))
    assert few[1] == pytest.approx(1 - (0.05 / 7) ** (1 / 100))
    assert few[1] > 90 * many[1] > 0


def test_a_single_pair_bounds_nothing():
    assert (chance_bounds(np.array([7]), 10, 0.95)[:8] == 1).all()


def test_the_bound_falls_and_the_order_of_pairs_does_not_matter():
    inliers = drawn("many inliers", 1_000)
    bounds = chance_bounds(inliers, UP_TO, 0.95)
    assert (np.diff(bounds) <= 0).all()
    np.testing.assert_array_equal(chance_bounds(inliers[::-1], UP_TO, 0.95), bounds)
    assert (chance_bounds(inliers, UP_TO, 0.99) >= bounds).all()
