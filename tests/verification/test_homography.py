import numpy as np
import pytest

from landmark_retrieval.verification.consensus import find_transform
from landmark_retrieval.verification.homography import HomographySettings

SETTINGS = HomographySettings(threshold_px=4, iterations=2000, confidence=0.999)
MATRIX = np.array([[0.9, -0.2, 40.0], [0.1, 1.1, -10.0], [4e-4, -2e-4, 1.0]])


def mapped(matrix, points):
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ np.transpose(matrix)
    return homogeneous[:, :2] / homogeneous[:, 2:]


def planted(n, true, seed, matrix=MATRIX, noise=0.7):
    """Matches of which the first `true` follow the matrix and the others nothing."""
    rng = np.random.default_rng(seed)
    source, target = rng.uniform(0, 400, (n, 2)), rng.uniform(0, 400, (n, 2))
    target[:true] = mapped(matrix, source[:true]) + rng.normal(0, noise, (true, 2))
    return source.astype(np.float32), target.astype(np.float32)


@pytest.mark.parametrize("true", [20, 40, 90])
def test_finds_a_view_from_another_side(true):
    source, target = planted(true + 30, true, seed=true)
    matrix, inlier = find_transform(source, target, SETTINGS, seed=1)
    assert abs(inlier.sum() - true) <= 2
    corners = np.array([[50, 50], [350, 50], [350, 350], [50, 350]], float)
    np.testing.assert_allclose(mapped(matrix, corners), mapped(MATRIX, corners), atol=4)


def test_inliers_are_what_the_matrix_maps_near():
    source, target = planted(80, 40, seed=2, noise=2)
    matrix, inlier = find_transform(source, target, SETTINGS, seed=1)
    residual = np.hypot(*(mapped(matrix, source.astype(float)) - target).T)
    assert inlier.tolist() == (residual <= 4).tolist()


def test_same_seed_same_result():
    source, target = planted(100, 30, seed=3)
    results = [find_transform(source, target, SETTINGS, seed=9)[0] for _ in range(2)]
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize(
    "matrix",
    [
        [[-1, 0, 400], [0, 1, 0], [0, 0, 1]],
        [[0.02, 0, 100], [0, 0.02, 100], [0, 0, 1]],
        [[30, 0, 0], [0, 30, 0], [0, 0, 1]],
        [[1, 0, 0], [0, 1, 0], [-1 / 200, 0, 1]],
    ],
    ids=["flipped", "shrunk to a spot", "blown up", "the horizon among the points"],
)
def test_what_no_camera_does_is_no_transform(matrix):
    source, target = planted(60, 60, seed=4, matrix=matrix, noise=0)
    found, inlier = find_transform(source, target, SETTINGS, seed=0)
    if found is not None:  # another one, among few: of points on one side of the horizon
        assert inlier.sum() < 40
        assert not np.allclose(found / found[2, 2], matrix, atol=1e-3)


def test_a_non_convex_image_of_the_points_is_not_plausible():
    source = np.float32([[0, 0], [100, 0], [100, 100], [0, 100], [50, 50]])
    assert SETTINGS.is_plausible(np.eye(3), source)
    assert SETTINGS.is_plausible(MATRIX, source)
    assert not SETTINGS.is_plausible(np.diag([-1.0, 1, 1]), source)
    assert not SETTINGS.is_plausible(np.array([[1, 0, 0], [0, 1, 0], [-1 / 60, 0, 1]]), source)
    assert not SETTINGS.is_plausible(np.diag([20.0, 20, 1]), source)


@pytest.mark.parametrize("n", [0, 3, 4])
def test_four_matches_prove_nothing(n):
    source, target = planted(n, n, seed=5, noise=0)
    assert find_transform(source, target, SETTINGS, seed=0)[0] is None


def test_points_on_a_line_or_repeated_have_no_transform():
    line = np.stack([np.linspace(0, 300, 20), np.linspace(10, 200, 20)], axis=1).astype(np.float32)
    assert find_transform(line, line, SETTINGS, seed=0)[0] is None
    source, target = planted(4, 4, seed=6, noise=0)
    again = np.arange(20) % 4
    assert not find_transform(source[again], target[again], SETTINGS, seed=0)[1].any()
