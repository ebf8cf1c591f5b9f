import numpy as np
import pytest
from kedro.io import DatasetError, Version

from landmark_retrieval.datasets.folders import EvidenceDataset
from landmark_retrieval.verification.evidence import Evidence


@pytest.fixture
def evidence() -> Evidence:
    return Evidence(
        image_ids=np.array(["a", "b"]),
        other_ids=np.array(["x"]),
        pairs=np.array([[1, 0]], np.int32),
        direction=np.array([1], np.uint8),
        matches=np.array([3], np.int32),
        inliers=np.array([2], np.int32),
        transforms=np.ones((1, 3, 3), np.float32),
        offsets=np.array([0, 2]),
        matched=np.arange(8, dtype=np.uint16).reshape(2, 4),
    )


def test_each_version_comes_back_memory_mapped(evidence, tmp_path):
    dataset = EvidenceDataset(filepath=str(tmp_path / "e"), version=Version(None, "v1"))
    dataset.save(evidence)
    loaded = dataset.load()
    assert isinstance(loaded.matched, np.memmap)
    assert loaded.points(0).tolist() == evidence.points(0).tolist()
    assert loaded.pairs.tolist() == [[1, 0]]
    assert loaded.image_ids.tolist() == ["a", "b"]
    assert (tmp_path / "e" / "v1" / "e" / "matched.npy").is_file()


def test_what_was_never_made_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match="does not exist"):
        EvidenceDataset(filepath=str(tmp_path / "e")).load()
