import numpy as np
import pytest

from landmark_retrieval.verification.affine import AffineSettings
from landmark_retrieval.verification.affine_kernels import best_affine
from landmark_retrieval.verification.consensus import find_transform

SETTINGS = AffineSettings(threshold_px=6, iterations=2000, confidence=0.999)
MATRIX = np.array([[0.9, -0.3, 20.0], [0.25, 1.1, -10.0]])


def planted(n, true, rng, noise=1.0):
    """Matches of which the first `true` follow `MATRIX` and the others nothing."""
    source = rng.uniform(0, 400, (n, 2))
    target = rng.uniform(0, 400, (n, 2))
    target[:true] = source[:true] @ MATRIX[:, :2].T + MATRIX[:, 2] + rng.normal(0, noise, (true, 2))
    return source.astype(np.float32), target.astype(np.float32)


def test_twenty_of_twenty_five_are_true():
    source, target = planted(25, 20, np.random.default_rng(0))
    matrix, inlier = find_transform(source, target, SETTINGS, seed=7)
    assert inlier.sum() == 20
    assert inlier[:20].all()
    np.testing.assert_allclose(matrix[:2, :2], MATRIX[:, :2], atol=0.02)
    np.testing.assert_allclose(matrix[:2, 2], MATRIX[:, 2], atol=4)
    assert matrix[2].tolist() == [0, 0, 1]


@pytest.mark.parametrize("true", [0, 15, 40, 90])
def test_many_outliers(true):
    rng = np.random.default_rng(true)
    source, target = planted(120, true, rng)
    _, inlier = find_transform(source, target, SETTINGS, seed=1)
    assert abs(inlier.sum() - true) <= (2 if true else 6)


def test_inliers_are_what_the_matrix_maps_near():
    source, target = planted(80, 40, np.random.default_rng(2), noise=3)
    matrix, inlier = find_transform(source, target, SETTINGS, seed=1)
    for s, t, near in zip(source, target, inlier, strict=True):
        assert near == (np.hypot(*(matrix[:2, :2] @ s + matrix[:2, 2] - t)) <= 6)


def test_same_seed_same_result_other_order_of_calls():
    rng = np.random.default_rng(3)
    each = [planted(100, 30, rng, noise=2) for _ in range(5)]
    forth = [find_transform(s, t, SETTINGS, seed=i)[0] for i, (s, t) in enumerate(each)]
    back = [find_transform(s, t, SETTINGS, seed=i)[0] for i, (s, t) in reversed(list(enumerate(each)))][::-1]
    for one, other in zip(forth, back, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_fewer_than_four_matches_prove_nothing(n):
    source, target = planted(n, n, np.random.default_rng(4), noise=0)
    matrix, inlier = find_transform(source, target, SETTINGS, seed=0)
    assert matrix is None
    assert inlier.tolist() == [False] * n


def test_four_exact_matches_are_enough():
    source = np.float32([[0, 0], [100, 0], [0, 100], [90, 110]])
    target = (source @ MATRIX[:, :2].T + MATRIX[:, 2]).astype(np.float32)
    assert find_transform(source, target, SETTINGS, seed=0)[1].all()


def test_neither_fewer_than_four_inliers_nor_three_that_are_left_are_a_transform():
    source, target = planted(4, 4, np.random.default_rng(8), noise=0)
    target[3] += 90
    assert not find_transform(source, target, SETTINGS, seed=0)[1].any()


def test_transforms_that_shrink_everything_to_a_spot_are_none():
    source = np.random.default_rng(9).uniform(0, 400, (60, 2)).astype(np.float32)
    spot = (200 + source * 0.02).astype(np.float32)
    assert find_transform(source, spot, SETTINGS, seed=0)[0] is None
    assert find_transform(source, (source * 0.2).astype(np.float32), SETTINGS, seed=0)[1].all()


@pytest.mark.parametrize("true", [12, 25, 60])
def test_as_good_as_the_best_of_all_triples(true):
    source, target = planted(max(true, 30), true, np.random.default_rng(true), noise=2)
    n = 30
    source, target = source[:n], target[:n]
    best = 0
    for i in range(n):
        for j in range(i):
            for k in range(j):
                corners = np.column_stack([source[[i, j, k]], np.ones(3)]).astype(float)
                if abs(np.linalg.det(corners)) > 1:
                    matrix = np.linalg.solve(corners, target[[i, j, k]].astype(float))
                    residual = np.column_stack([source, np.ones(n)]) @ matrix - target
                    best = max(best, (np.hypot(*residual.T) <= 6).sum())
    found = find_transform(source, target, SETTINGS, seed=3)[1].sum()
    assert best > 8
    assert found >= best - 1


def test_the_score_is_what_the_residuals_leave():
    source, target = planted(50, 30, np.random.default_rng(10), noise=2)
    points = tuple(np.ascontiguousarray(c) for c in (*source.T, *target.T))
    found, score = best_affine(points, 6.0, 500, 0.999, 1)
    residual = np.hypot(*(source @ found.reshape(2, 3)[:, :2].T + found.reshape(2, 3)[:, 2] - target).T)
    expected = 4096 * np.maximum(1 - (residual / 6) ** 2, 0).sum()
    assert score == pytest.approx(expected, abs=50)


def line(n):
    return np.stack([np.linspace(0, 300, n), np.linspace(10, 200, n)], axis=1).astype(np.float32)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (line(20), line(20)),
        (planted(20, 0, np.random.default_rng(5))[0], line(20)),
        (line(20), planted(20, 0, np.random.default_rng(5))[0]),
        (np.full((20, 2), 5, np.float32), np.full((20, 2), 9, np.float32)),
        (planted(20, 0, np.random.default_rng(5))[0], np.full((20, 2), 9, np.float32)),
    ],
    ids=["both on a line", "target on a line", "source on a line", "both one point", "target one point"],
)
def test_degenerate_points_have_no_transform(source, target):
    matrix, inlier = find_transform(source, target, SETTINGS, seed=0)
    assert matrix is None
    assert not inlier.any()


def test_inliers_on_a_line_among_outliers_have_no_transform():
    rng = np.random.default_rng(6)
    source, target = planted(40, 0, rng)
    source[:30], target[:30] = line(30), line(30) + 15
    assert not find_transform(source, target, SETTINGS, seed=0)[1].any()


def test_repeated_points_count_once():
    source, target = planted(20, 20, np.random.default_rng(7))
    again = np.arange(40) % 20
    _, inlier = find_transform(source[again], target[again], SETTINGS, seed=0)
    assert inlier.tolist() == [True] * 20 + [False] * 20
    few = np.arange(40) % 3
    assert not find_transform(source[few], target[few], SETTINGS, seed=0)[1].any()
