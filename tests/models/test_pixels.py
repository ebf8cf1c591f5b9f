import numpy as np
import torch

from landmark_retrieval.models.pixels import resize_rgb, to_network

PIXELS = np.random.default_rng(0).integers(0, 256, (8, 12, 3), dtype=np.uint8)


def test_shrinking_averages_areas() -> None:
    expected = PIXELS.reshape(4, 2, 4, 3, 3).mean(axis=(1, 3))
    assert np.abs(resize_rgb(PIXELS, (4, 4)) - expected).max() <= 0.5


def test_enlarging_interpolates_between_pixels() -> None:
    row = np.array([[[0, 0, 0], [200, 100, 40]]], dtype=np.uint8)
    enlarged = resize_rgb(row, (4, 1))
    assert enlarged[0].tolist() == [[0, 0, 0], [50, 25, 10], [150, 75, 30], [200, 100, 40]]


def test_the_right_size_is_left_alone() -> None:
    assert resize_rgb(PIXELS, (12, 8)) is PIXELS


def test_size_is_width_and_height() -> None:
    assert resize_rgb(PIXELS, (5, 7)).shape == (7, 5, 3)


def test_normalised_by_imagenet_s_mean_and_deviation() -> None:
    images = to_network(PIXELS[None], torch.device("cpu"))
    assert images.shape == (1, 3, 8, 12)
    assert images.is_contiguous(memory_format=torch.channels_last)
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    for channel in range(3):
        expected = (PIXELS[..., channel] / 255 - mean[channel]) / std[channel]
        np.testing.assert_allclose(images[0, channel].numpy(), expected, atol=1e-5)
