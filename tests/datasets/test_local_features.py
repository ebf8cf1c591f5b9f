import cv2
import numpy as np
import pandas as pd
import pytest
from kedro.io import DatasetError, Version

from landmark_retrieval.datasets.folders import LocalFeaturesDataset
from landmark_retrieval.datasets.read_only import WorkFolderDataset
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.local_features.extraction import LocalFeatureStream, extract_features
from landmark_retrieval.local_features.root_sift import RootSift, RootSiftSettings
from landmark_retrieval.local_features.storage.store import LocalFeatureStore

EXTRACTOR = RootSift(RootSiftSettings(max_keypoints=40, max_side=200, contrast_threshold=0.04))
FILES = ["000000.safetensors", "contents.json", "image_ids.npy"]


@pytest.fixture
def table(tmp_path) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    (tmp_path / "pictures").mkdir()
    for i in range(4):
        picture = cv2.resize(rng.integers(0, 256, (15, 20, 3), dtype=np.uint8), (160, 120))
        cv2.imwrite(str(tmp_path / "pictures" / f"{i}.png"), picture * (i != 1))
    return pd.DataFrame({"image_id": list("dbca"), "path": [f"{i}.png" for i in range(4)]})


@pytest.fixture
def stream(tmp_path, table) -> LocalFeatureStream:
    return extract_features(FileTree(tmp_path / "pictures"), table, EXTRACTOR, workers=2, crop=False)


def dataset(tmp_path, version="v1") -> LocalFeaturesDataset:
    return LocalFeaturesDataset(filepath=str(tmp_path / "data" / "f"), version=Version(None, version))


def test_a_stream_and_a_store_come_back_from_disk(stream, tmp_path):
    packed = LocalFeatureStore.pack(stream.image_ids, stream)
    other = LocalFeaturesDataset(filepath=str(tmp_path / "data" / "g"))
    dataset(tmp_path).save(stream)
    other.save(packed)
    for loaded in (dataset(tmp_path).load(), other.load()):
        assert loaded.image_ids.tolist() == list("dbca")
        assert loaded.fingerprint == packed.fingerprint
        assert sorted(path.name for path in loaded.folder.iterdir()) == FILES
        for row in range(4):
            np.testing.assert_array_equal(loaded.stored(row).descriptors, packed.stored(row).descriptors)
    assert dataset(tmp_path).load().folder == tmp_path / "data" / "f" / "v1" / "f"


def test_versions_share_the_shards_that_are_finished(tmp_path, table):
    work = WorkFolderDataset(filepath=str(tmp_path / "work")).load()
    files = FileTree(tmp_path / "pictures")
    for version in ("v1", "v2"):
        stream = extract_features(files, table, EXTRACTOR, workers=2, crop=False, work=work)
        dataset(tmp_path, version).save(stream)
    folders = [tmp_path / "data" / "f" / version / "f" for version in ("v1", "v2")]
    shards = [work / FILES[0], *(folder / FILES[0] for folder in folders)]
    assert len({path.stat().st_ino for path in shards}) == 1
    assert [sorted(p.name for p in folder.iterdir()) for folder in folders] == [FILES, FILES]


def test_a_picture_that_cannot_be_read_leaves_nothing(stream, tmp_path):
    (tmp_path / "pictures" / "3.png").write_bytes(b"no picture")
    with pytest.raises(DatasetError, match=r"3\.png"):
        dataset(tmp_path).save(stream)
    assert not (tmp_path / "data").exists()
    assert not dataset(tmp_path).exists()


def test_a_folder_of_something_else_is_named(tmp_path):
    (tmp_path / "data" / "f").mkdir(parents=True)
    (tmp_path / "data" / "f" / "descriptors.npy").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"f holds no local features of this version.*contents\.json"):
        LocalFeaturesDataset(filepath=str(tmp_path / "data" / "f")).load()
