import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.models.config import EmbeddingSettings
from landmark_retrieval.models.views import View, views_of

NAN = float("nan")


def table(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["path", "width", "height", "x1", "y1", "x2", "y2"])


@pytest.fixture
def max_side(embedding_settings: EmbeddingSettings) -> EmbeddingSettings:
    return embedding_settings.model_copy(update={"aspect_groups": None, "max_side": 1024})


def test_without_boxes_the_whole_photograph_is_seen(embedding_settings: EmbeddingSettings) -> None:
    rows = table(("a", 400, 300, NAN, NAN, NAN, NAN))
    expected = [View("a", (0, 0, 400, 300), (96, 64))]
    assert views_of(rows, embedding_settings) == expected
    assert views_of(rows[["path", "width", "height"]], embedding_settings) == expected


def test_the_longer_side_is_shrunk_and_never_enlarged(max_side: EmbeddingSettings) -> None:
    rows = table(("a", 2048, 1000, NAN, NAN, NAN, NAN), ("b", 500, 700, NAN, NAN, NAN, NAN))
    assert [view.size for view in views_of(rows, max_side)] == [(1024, 500), (500, 700)]


def test_a_box_keeps_the_scale_of_the_whole(max_side: EmbeddingSettings) -> None:
    rows = table(("a", 2048, 1000, 100.4, 49.6, 500.2, 250.0), ("b", 500, 700, 0.0, 0.0, 50.0, 80.0))
    first, second = views_of(rows, max_side)
    assert first == View("a", (100, 50, 500, 250), (200, 100))
    assert second.size == (50, 80)


def test_a_box_has_the_group_of_its_own_shape(embedding_settings: EmbeddingSettings) -> None:
    rows = table(("a", 1000, 800, 0.0, 0.0, 300.0, 500.0))
    assert views_of(rows, embedding_settings)[0].size == (32, 48)


def test_a_box_beyond_the_edge_is_cut(max_side: EmbeddingSettings) -> None:
    assert views_of(table(("a", 100, 80, -5.0, 10.0, 120.0, 90.0)), max_side)[0].box == (0, 10, 100, 80)


@pytest.mark.parametrize(
    ("box", "complaint"),
    [
        ((10.0, 10.0, 10.2, 50.0), "a.jpg: the box .* holds no pixel of 100 x 80"),
        ((120.0, 10.0, 150.0, 50.0), "holds no pixel"),
        ((10.0, 10.0, NAN, 50.0), "a.jpg: the box .* is not complete"),
    ],
)
def test_an_impossible_box_is_an_error(max_side: EmbeddingSettings, box: tuple, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        views_of(table(("a.jpg", 100, 80, *box)), max_side)


def test_crop_takes_the_box() -> None:
    pixels = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)
    cropped = View("a", (2, 1, 5, 4), (3, 3)).crop(pixels)
    np.testing.assert_array_equal(cropped, pixels[1:4, 2:5])


def test_a_file_smaller_than_its_table_says_is_an_error() -> None:
    with pytest.raises(DataError, match=r"a.jpg has 8 x 6 pixels"):
        View("a.jpg", (0, 0, 9, 6), (3, 3)).crop(np.zeros((6, 8, 3), np.uint8))
