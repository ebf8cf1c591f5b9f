import cv2
import numpy as np
import pandas as pd
import pytest
from kedro.io import DatasetError, Version

from landmark_retrieval.datasets.local_features import LocalFeaturesDataset
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.local_features.extraction import LocalFeatureStream, extract_features
from landmark_retrieval.local_features.root_sift import RootSiftSettings
from landmark_retrieval.local_features.store import LocalFeatureStore

SETTINGS = RootSiftSettings(max_keypoints=40, max_side=200, contrast_threshold=0.04)
ARRAYS = ["descriptors.npy", "image_ids.npy", "keypoints.npy", "offsets.npy", "scores.npy"]


@pytest.fixture
def stream(tmp_path) -> LocalFeatureStream:
    rng = np.random.default_rng(0)
    (tmp_path / "pictures").mkdir()
    for i in range(4):
        picture = cv2.resize(rng.integers(0, 256, (15, 20, 3), dtype=np.uint8), (160, 120))
        cv2.imwrite(str(tmp_path / "pictures" / f"{i}.png"), picture * (i != 1))
    table = pd.DataFrame({"image_id": list("dbca"), "path": [f"{i}.png" for i in range(4)]})
    return extract_features(FileTree(tmp_path / "pictures"), table, SETTINGS, workers=2, crop=False)


@pytest.fixture
def dataset(tmp_path) -> LocalFeaturesDataset:
    return LocalFeaturesDataset(filepath=str(tmp_path / "data" / "f"), version=Version(None, "v1"))


def test_a_stream_and_a_store_come_back_memory_mapped(stream, dataset, tmp_path):
    packed = LocalFeatureStore.pack(stream.image_ids, stream)
    other = LocalFeaturesDataset(filepath=str(tmp_path / "data" / "g"))
    dataset.save(stream)
    other.save(packed)
    for loaded in (dataset.load(), other.load()):
        assert loaded.image_ids.tolist() == list("dbca")
        assert isinstance(loaded.descriptors, np.memmap)
        assert sorted(path.name for path in loaded.folder.iterdir()) == ARRAYS
        for name in ("offsets", "keypoints", "descriptors", "scores"):
            np.testing.assert_array_equal(getattr(loaded, name), getattr(packed, name))
    assert dataset.load().folder == tmp_path / "data" / "f" / "v1" / "f"


def test_a_picture_that_cannot_be_read_leaves_nothing(stream, dataset, tmp_path):
    (tmp_path / "pictures" / "3.png").write_bytes(b"no picture")
    with pytest.raises(DatasetError, match=r"3\.png"):
        dataset.save(stream)
    assert not (tmp_path / "data").exists()
    assert not dataset.exists()
