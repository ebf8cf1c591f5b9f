import cv2
import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.images.reading import read_rgb
from landmark_retrieval.local_features.extraction import extract_all, extract_features
from landmark_retrieval.local_features.root_sift import RootSiftSettings, extract_root_sift

SETTINGS = RootSiftSettings(max_keypoints=60, max_side=200, contrast_threshold=0.04)


@pytest.fixture
def photographs(tmp_path):
    rng = np.random.default_rng(0)
    for i in range(6):
        picture = cv2.resize(rng.integers(0, 256, (15, 20, 3), dtype=np.uint8), (160, 120))
        cv2.imwrite(str(tmp_path / f"{i}.png"), picture * (i != 3))
    table = pd.DataFrame(
        {"image_id": [f"photo{i}" for i in range(6)], "path": [f"{i}.png" for i in range(6)]}
    )
    return FileTree(tmp_path), table


def test_each_row_has_the_features_of_its_picture(photographs):
    files, table = photographs
    store = extract_all(files, table, SETTINGS, workers=3)
    assert store.image_ids.tolist() == table["image_id"].tolist()
    for row, path in enumerate(table["path"]):
        alone = extract_root_sift(read_rgb(files, path), SETTINGS)
        np.testing.assert_array_equal(store.features(row).keypoints, alone.keypoints)
        np.testing.assert_array_equal(store.features(row).descriptors, alone.descriptors.astype(np.float16))
    assert len(store.features(3)) == 0


def test_the_number_of_opencv_threads_is_left_as_found(photographs):
    before = cv2.getNumThreads()
    extract_all(*photographs, SETTINGS, workers=2)
    assert cv2.getNumThreads() == before


def boxed(table):
    """The boxes of the first two rows reach beyond the picture and lie between pixels; the third has none."""
    nothing = [np.nan] * 4
    boxes = np.array([[40, -3, 500, 99.6], [10.4, 20.2, 150, 119], *[nothing] * 4])
    sizes = table.assign(width=160, height=120)
    return sizes.assign(**dict(zip(["x1", "y1", "x2", "y2"], boxes.T, strict=True)))


def test_a_query_s_box_is_all_that_is_seen(photographs):
    files, table = photographs
    store = extract_all(files, boxed(table), SETTINGS, workers=2, crop=True)
    crops = [np.s_[:100, 40:], np.s_[20:119, 10:150], np.s_[:]]
    for row, crop in enumerate(crops):
        alone = extract_root_sift(read_rgb(files, table["path"][row])[crop], SETTINGS)
        assert len(alone)
        np.testing.assert_array_equal(store.features(row).keypoints, alone.keypoints)
        np.testing.assert_array_equal(store.features(row).descriptors, alone.descriptors.astype(np.float16))


def test_without_crop_boxes_do_not_matter(photographs):
    files, table = photographs
    whole, seen = (extract_all(files, t, SETTINGS, workers=2) for t in (table, boxed(table)))
    np.testing.assert_array_equal(whole.keypoints, seen.keypoints)
    cropped = extract_all(files, table, SETTINGS, workers=2, crop=True)
    np.testing.assert_array_equal(whole.keypoints, cropped.keypoints)


def test_a_box_without_a_pixel_is_an_error_before_anything_is_read(photographs):
    files, table = photographs
    with pytest.raises(DataError, match=r"0\.png: the box .* holds no pixel of 160 x 120"):
        extract_features(files, boxed(table).assign(x1=300), SETTINGS, workers=2, crop=True)


def test_a_stream_can_be_read_again(photographs):
    stream = extract_features(*photographs, SETTINGS, workers=2, crop=False)
    first, again = list(stream), list(stream)
    assert len(first) == len(again) == 6
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.keypoints, other.keypoints)


def test_an_unreadable_picture_is_an_error_that_names_it(photographs):
    files, table = photographs
    files.path("4.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"4\.png: empty"):
        extract_all(files, table, SETTINGS, workers=2)
