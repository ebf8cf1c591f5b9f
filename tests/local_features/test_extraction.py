import cv2
import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.images.reading import read_rgb
from landmark_retrieval.local_features.extraction import extract_all
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


def test_an_unreadable_picture_is_an_error_that_names_it(photographs):
    files, table = photographs
    files.path("4.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"4\.png: empty"):
        extract_all(files, table, SETTINGS, workers=2)
