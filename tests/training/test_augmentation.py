import numpy as np
import pytest

from landmark_retrieval.models.pixels import resize_rgb
from landmark_retrieval.training.augmentation import augment
from landmark_retrieval.training.settings import AugmentationSettings

NONE = AugmentationSettings(brightness=0.0, brightness_probability=0.0, scale=0.0)
PIXELS = np.random.default_rng(0).integers(1, 256, (60, 80, 3), dtype=np.uint8)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_nothing_asked_for_is_a_plain_resize() -> None:
    np.testing.assert_array_equal(augment(PIXELS, (40, 30), NONE, rng()), resize_rgb(PIXELS, (40, 30)))


def test_the_generator_decides() -> None:
    settings = AugmentationSettings(brightness=0.1, brightness_probability=0.5, scale=0.2)
    first, again, other = (augment(PIXELS, (40, 30), settings, rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_brightness_is_a_factor_of_at_most_a_tenth() -> None:
    grey = np.full((20, 20, 3), 100, np.uint8)
    settings = AugmentationSettings(brightness=0.1, brightness_probability=0.5, scale=0.0)
    values = np.array([augment(grey, (20, 20), settings, rng(seed))[0, 0, 0] for seed in range(400)])
    assert values.min() == 90
    assert values.max() == 110
    assert 0.4 < np.mean(values == 100) < 0.6


def test_white_stays_white() -> None:
    white = np.full((20, 20, 3), 255, np.uint8)
    settings = AugmentationSettings(brightness=0.5, brightness_probability=1.0, scale=0.0)
    lit = [augment(white, (20, 20), settings, rng(seed)).max() for seed in range(20)]
    assert max(lit) == 255
    assert min(lit) >= 127


@pytest.mark.parametrize("seed", range(8))
def test_scale_agrees_with_scaling_then_cropping_or_padding(seed: int) -> None:
    """A ramp shows which part was seen, black which part was padded."""
    ramp = np.tile(np.linspace(20, 250, 400)[None, :, None], (400, 1, 3)).round().astype(np.uint8)
    settings = AugmentationSettings(brightness=0.0, brightness_probability=0.0, scale=0.2)
    row = augment(ramp, (200, 200), settings, rng(seed))[:, :, 0].max(axis=0).astype(float)
    factor = rng(seed).uniform(0.8, 1.2)
    filled = row[row > 0]
    seen = (filled[-1] - filled[0]) / 230
    assert seen == pytest.approx(min(factor, 1), abs=0.03)
    assert len(filled) == (200 if factor < 1 else round(200 / factor))


def test_height_and_width_change_independently() -> None:
    settings = AugmentationSettings(brightness=0.0, brightness_probability=0.0, scale=0.2)
    filled = [augment(PIXELS, (50, 50), settings, rng(seed)).max(axis=2) > 0 for seed in range(100)]
    padded = {(not f.any(axis=0).all(), not f.any(axis=1).all()) for f in filled}
    assert padded == {(False, False), (False, True), (True, False), (True, True)}


def test_a_single_pixel_survives() -> None:
    settings = AugmentationSettings(brightness=0.1, brightness_probability=1.0, scale=0.9)
    for seed in range(30):
        assert augment(PIXELS[:1, :1], (1, 1), settings, rng(seed)).shape == (1, 1, 3)
