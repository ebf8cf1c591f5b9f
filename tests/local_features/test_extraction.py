import cv2
import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.images.reading import read_rgb
from landmark_retrieval.local_features.extraction import extract_features
from landmark_retrieval.local_features.features import LocalFeatures
from landmark_retrieval.local_features.root_sift import RootSift, RootSiftSettings
from landmark_retrieval.local_features.storage.store import LocalFeatureStore

SIFT = RootSift(RootSiftSettings(max_keypoints=60, max_side=200, contrast_threshold=0.04))


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


def extract_all(files, table, workers=2, crop=False, extractor=SIFT):
    stream = extract_features(files, table, extractor, workers, crop)
    return LocalFeatureStore.pack(stream.image_ids, stream)


def assert_same_image(store, row, alone):
    expected = LocalFeatureStore.pack(["alone"], [alone]).features(0)
    for name in ("keypoints", "descriptors", "scores"):
        np.testing.assert_array_equal(getattr(store.features(row), name), getattr(expected, name))


class Corners:
    """Calls itself a network: where a picture is brightest; remembers whether calls overlap."""

    fingerprint = "corners"
    one_at_a_time = True

    def __init__(self):
        self.running, self.overlapped = 0, False

    def __call__(self, image):
        self.running += 1
        self.overlapped |= self.running > 1
        y, x = np.unravel_index(image.sum(axis=2).argmax(), image.shape[:2])
        self.running -= 1
        return LocalFeatures(
            np.array([[x, y]], np.float32), np.ones((1, 1), np.float32), np.ones(1, np.float32)
        )


def test_each_row_has_the_features_of_its_picture(photographs):
    files, table = photographs
    store = extract_all(files, table, workers=3)
    assert store.image_ids.tolist() == table["image_id"].tolist()
    for row, path in enumerate(table["path"]):
        assert_same_image(store, row, SIFT(read_rgb(files, path)))
    assert len(store.features(3)) == 0


def test_a_network_gets_one_picture_at_a_time_and_the_same_ones(photographs):
    files, table = photographs
    corners = Corners()
    stores = [extract_all(files, table, workers, extractor=corners) for workers in (1, 4)]
    assert not corners.overlapped
    assert stores[0].fingerprint == stores[1].fingerprint
    for row, path in enumerate(table["path"]):
        assert_same_image(stores[0], row, corners(read_rgb(files, path)))


def test_the_number_of_workers_does_not_matter(photographs):
    assert len({extract_all(*photographs, workers=n).fingerprint for n in (1, 2, 5)}) == 1


def test_the_number_of_opencv_threads_is_left_as_found(photographs, tmp_path):
    before = cv2.getNumThreads()
    extract_all(*photographs)
    assert cv2.getNumThreads() == before
    extract_features(*photographs, SIFT, 2, crop=False, work=tmp_path / "w").save(tmp_path / "store")
    assert cv2.getNumThreads() == before


def boxed(table):
    """The boxes of the first two rows reach beyond the picture and lie between pixels; the third has none."""
    nothing = [np.nan] * 4
    boxes = np.array([[40, -3, 500, 99.6], [10.4, 20.2, 150, 119], *[nothing] * 4])
    sizes = table.assign(width=160, height=120)
    return sizes.assign(**dict(zip(["x1", "y1", "x2", "y2"], boxes.T, strict=True)))


def test_a_query_s_box_is_all_that_is_seen(photographs):
    files, table = photographs
    store = extract_all(files, boxed(table), crop=True)
    crops = [np.s_[:100, 40:], np.s_[20:119, 10:150], np.s_[:]]
    for row, crop in enumerate(crops):
        alone = SIFT(read_rgb(files, table["path"][row])[crop])
        assert len(alone)
        assert_same_image(store, row, alone)


def test_without_crop_boxes_do_not_matter(photographs):
    files, table = photographs
    stores = [
        extract_all(files, table),
        extract_all(files, boxed(table)),
        extract_all(files, table, crop=True),
    ]
    assert len({store.fingerprint for store in stores}) == 1


def test_a_box_without_a_pixel_is_an_error_before_anything_is_read(photographs):
    files, table = photographs
    with pytest.raises(DataError, match=r"0\.png: the box .* holds no pixel of 160 x 120"):
        extract_features(files, boxed(table).assign(x1=300), SIFT, workers=2, crop=True)


def test_a_stream_can_be_read_again(photographs):
    stream = extract_features(*photographs, SIFT, workers=2, crop=False)
    first, again = list(stream), list(stream)
    assert len(stream) == len(first) == len(again) == 6
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.keypoints, other.keypoints)


@pytest.mark.parametrize("work", [None, "work"])
def test_an_unreadable_picture_is_an_error_that_names_it(photographs, tmp_path, work):
    files, table = photographs
    files.path("4.png").write_bytes(b"")
    stream = extract_features(files, table, SIFT, 2, crop=False, work=work and tmp_path / work)
    with pytest.raises(DataError, match=r"4\.png: empty"):
        stream.save(tmp_path / "store", shard_images=2)


def test_saved_is_packed_with_and_without_a_folder_for_work(photographs, tmp_path):
    packed = extract_all(*photographs)
    for work in (None, tmp_path / "work"):
        stream = extract_features(*photographs, SIFT, workers=2, crop=False, work=work)
        saved = stream.save(tmp_path / f"store of {work is None}")
        assert saved.fingerprint == packed.fingerprint
        assert saved.image_ids.tolist() == packed.image_ids.tolist()
