import numpy as np
import pytest

from landmark_retrieval.local_features.scaling import scaled


@pytest.mark.parametrize(
    ("shape", "max_side", "expected"),
    [
        ((40, 80, 3), 40, (20, 40, 3)),
        ((80, 40), 40, (40, 20)),
        ((30, 31, 3), 31, (30, 31, 3)),
        ((1, 3000, 3), 100, (1, 100, 3)),
        ((75, 100), 50, (38, 50)),
    ],
)
def test_the_longer_side_ends_at_the_bound(shape, max_side, expected):
    assert scaled(np.zeros(shape, np.uint8), max_side).shape == expected


def test_half_the_size_is_the_mean_of_four_pixels():
    image = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    means = image.reshape(3, 2, 4, 2, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(scaled(image, 4), means, atol=0.51)


def test_a_small_picture_is_left_alone():
    image = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    assert scaled(image, 100) is image
