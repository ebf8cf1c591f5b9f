import cv2
import numpy as np
import pytest

from landmark_retrieval.world.drawing.development import develop

GREY = np.full((192, 256, 3), 128, np.uint8)


def _developed(picture, seed, harsh=False):
    data = develop(picture, (128, 96), harsh, np.random.default_rng(seed))
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB), len(data)


def test_the_jpeg_has_the_size_and_keeps_left_right_and_colours():
    picture = GREY.copy()
    picture[:, :128] = (200, 60, 60)
    for seed in range(5):
        image, _ = _developed(picture, seed)
        assert image.shape == (96, 128, 3)
        left, right = image[30:60, 10:50].reshape(-1, 3).mean(0), image[30:60, 80:110].reshape(-1, 3).mean(0)
        assert left[0] - left[2] > 60 or np.ptp(left) < 5  # a few photographs are black and white
        assert np.ptp(right) < 40


def test_corners_are_darker_than_the_middle():
    images = [_developed(GREY, seed)[0].astype(float) for seed in range(8)]
    mean = np.mean(images, axis=(0, 3))
    corners = np.mean([mean[:8, :8], mean[:8, -8:], mean[-8:, :8], mean[-8:, -8:]])
    assert corners < 0.9 * mean[40:56, 56:72].mean()


def test_poor_photographs_are_noisier_and_smaller_files_of_what_has_detail():
    detail = np.random.default_rng(0).integers(0, 255, (192, 256, 3), np.uint8)
    noise, size = {}, {}
    for harsh in (False, True):
        noise[harsh] = np.mean([_developed(GREY, seed, harsh)[0][40:56, 56:72].std() for seed in range(12)])
        size[harsh] = np.mean([_developed(detail, seed, harsh)[1] for seed in range(12)])
    assert noise[True] > 1.1 * noise[False]
    assert size[True] < size[False]


@pytest.mark.parametrize("harsh", [False, True])
def test_brighter_stays_brighter(harsh):
    ramp = np.repeat(np.linspace(0, 255, 256).astype(np.uint8)[None, :, None], 192, axis=0)
    for seed in range(4):
        image, _ = _developed(np.repeat(ramp, 3, axis=2), seed, harsh)
        columns = image[32:64].mean(axis=(0, 2))
        steps = columns[8:-8].reshape(-1, 16).mean(axis=1)
        assert (np.diff(steps) > -2).all()
        assert steps[-1] - steps[0] > 100


def test_the_same_seed_gives_the_same_bytes():
    once, again, other = (develop(GREY, (128, 96), False, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert once == again != other
