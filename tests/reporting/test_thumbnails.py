import base64
import logging

import cv2
import numpy as np
import pytest

from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.reporting.thumbnails import encode, shrink, thumbnail


def decode(address: str) -> np.ndarray:
    head, data = address.split(",")
    assert head == "data:image/jpeg;base64"
    return cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]


@pytest.fixture
def files(tmp_path):
    """A picture with a red left half and a blue right half, and a file that is no picture."""
    pixels = np.zeros((80, 120, 3), np.uint8)
    pixels[:, :60, 0] = pixels[:, 60:, 2] = 250
    cv2.imwrite(str(tmp_path / "halves.png"), pixels[:, :, ::-1])
    (tmp_path / "broken.jpg").write_bytes(b"not a picture")
    return FileTree(tmp_path)


def test_keeps_colours_and_proportions(files):
    small = decode(thumbnail(files, "halves.png", 40))
    assert small.shape == (40, 60, 3)
    assert np.abs(small[20, 5].astype(int) - [250, 0, 0]).max() < 12
    assert np.abs(small[20, 55].astype(int) - [0, 0, 250]).max() < 12


def test_shows_what_the_box_holds(files):
    crop = decode(thumbnail(files, "halves.png", 40, box=(70.2, 10.0, 110.0, 50.0)))
    assert crop.shape == (40, 40, 3)
    assert np.abs(crop.reshape(-1, 3).mean(axis=0) - [0, 0, 250]).max() < 12


@pytest.mark.parametrize("box", [(np.nan,) * 4, (500.0, 500.0, 600.0, 600.0)])
def test_without_a_usable_box_the_whole_picture(files, box):
    assert thumbnail(files, "halves.png", 40, box) == thumbnail(files, "halves.png", 40)


@pytest.mark.parametrize("path", ["broken.jpg", "absent.jpg", "../outside.jpg"])
def test_unreadable_picture_is_empty_and_logged(files, path, caplog):
    with caplog.at_level(logging.WARNING):
        assert thumbnail(files, path, 40) == ""
    assert path in caplog.text


def test_panorama_and_small_picture():
    assert shrink(np.zeros((100, 1000, 3), np.uint8), 50).shape == (10, 100, 3)
    assert shrink(np.zeros((10, 12, 3), np.uint8), 50).shape == (10, 12, 3)
    assert shrink(np.zeros((1, 5000, 3), np.uint8), 50).shape == (1, 100, 3)


def test_same_pixels_same_bytes():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    assert encode(pixels, 80) == encode(pixels, 80)
    assert len(encode(pixels, 30)) < len(encode(pixels, 95))
