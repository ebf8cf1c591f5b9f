import cv2
import numpy as np
import pytest

from landmark_retrieval.images.hashing import (
    _CELL_UNIT,
    _WAVE_UNIT,
    _cells,
    _low_frequencies,
    _waves,
    perceptual_hash,
)


def naive_hash(pixels):
    """Grey means of 32 x 32 cells, DCT-II by its definition, rows and columns 1 to 8 above their median."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(float)
    cells = [[cell.mean() for cell in np.array_split(row, 32, axis=1)] for row in np.array_split(grey, 32)]
    at = np.arange(32)
    waves = np.cos(np.pi * np.outer(np.arange(1, 9), 2 * at + 1) / 64) / 4
    coefficients = (waves @ np.array(cells) @ waves.T).ravel()
    return int("".join(str(int(c > np.median(coefficients))) for c in coefficients), 2)


def photograph(seed, height=192, width=256):
    """Something with low and high frequencies: blurred noise of several sizes."""
    rng = np.random.default_rng(seed)
    layers = [
        cv2.resize(rng.normal(0, 60 / n, (n, n, 3)), (width, height), interpolation=cv2.INTER_CUBIC)
        for n in (3, 6, 12, 40)
    ]
    return np.clip(128 + sum(layers), 0, 255).astype(np.uint8)


def jpeg(pixels, quality):
    return cv2.imdecode(
        cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR
    )


def scaled(pixels, factor):
    size = round(pixels.shape[1] * factor), round(pixels.shape[0] * factor)
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)


def distance(a, b):
    return (perceptual_hash(a) ^ perceptual_hash(b)).bit_count()


@pytest.mark.parametrize("seed", range(5))
def test_bits_are_those_of_the_naive_hash(seed):
    picture = photograph(seed)
    assert perceptual_hash(picture) == naive_hash(picture)
    assert perceptual_hash(picture).bit_count() == 32


def test_coefficients_are_exact_so_that_every_processor_has_the_same():
    largest = 255 * _CELL_UNIT * np.abs(_waves()).sum(axis=1).max() ** 2
    assert largest < 2**53
    picture = photograph(0, 97, 131)
    cells = np.rint(_cells(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)) * _CELL_UNIT).astype(int).tolist()
    waves = _waves().astype(int).tolist()
    rows = [[sum(w * c for w, c in zip(wave, row, strict=True)) for row in cells] for wave in waves]
    exact = [sum(w * r for w, r in zip(wave, row, strict=True)) for row in rows for wave in waves]
    found = _low_frequencies(picture).reshape(8, 8).T.ravel() * (_CELL_UNIT * _WAVE_UNIT**2)
    assert found.tolist() == exact


@pytest.mark.parametrize("shape", [(32, 32), (100, 75), (67, 90), (20, 70), (5, 3), (1, 1)])
def test_cells_are_means_with_shared_border_pixels(shape):
    grey = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    fine = np.repeat(np.repeat(grey, 32, axis=0), 32, axis=1).astype(float)
    expected = fine.reshape(32, shape[0], 32, shape[1]).mean(axis=(1, 3))
    np.testing.assert_allclose(_cells(grey), expected, atol=1e-9)


def test_sums_beyond_thirty_two_bits_are_right():
    white = np.full((4000, 2200), 255, np.uint8)
    np.testing.assert_allclose(_cells(white), 255)


@pytest.mark.parametrize("quality", [30, 50, 75, 95])
def test_saving_again_turns_few_bits(quality):
    assert max(distance(photograph(s), jpeg(photograph(s), quality)) for s in range(10)) <= 6


@pytest.mark.parametrize("factor", [0.25, 0.5, 0.77, 2])
def test_resizing_turns_few_bits(factor):
    assert max(distance(photograph(s), scaled(photograph(s), factor)) for s in range(10)) <= 4


def test_brightness_and_contrast_turn_few_bits():
    for seed in range(10):
        picture = photograph(seed)
        assert distance(picture, (picture * 0.7 + 20).astype(np.uint8)) <= 4


def test_another_picture_differs_in_about_half_of_the_bits():
    hashes = [perceptual_hash(photograph(s)) for s in range(30)]
    distances = [(a ^ b).bit_count() for i, a in enumerate(hashes) for b in hashes[:i]]
    assert min(distances) > 10
    assert 30 < np.mean(distances) < 34


def test_a_mirrored_picture_is_another():
    assert distance(photograph(0), photograph(0)[:, ::-1].copy()) > 10


@pytest.mark.parametrize(
    "pixels",
    [
        np.full((50, 60, 3), 200, np.uint8),
        np.tile(np.linspace(0, 255, 60)[None, :, None], (50, 1, 3)).astype(np.uint8),
        np.random.default_rng(0).integers(120, 136, (400, 600, 3), np.uint8),
        np.zeros((1, 1, 3), np.uint8),
    ],
    ids=["flat", "changing along one side", "faint noise", "one pixel"],
)
def test_a_picture_with_too_little_in_it_has_no_hash(pixels):
    assert perceptual_hash(pixels) is None
