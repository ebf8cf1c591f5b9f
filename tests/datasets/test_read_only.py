import pytest
from kedro.io import DatasetError

from landmark_retrieval.datasets.read_only import WorkFolderDataset


def test_the_folder_is_made_once_and_kept(tmp_path):
    dataset = WorkFolderDataset(filepath=str(tmp_path / "deep" / "checkpoints"))
    assert not dataset.exists()
    (dataset.load() / "epoch_1").touch()
    assert dataset.exists()
    assert [p.name for p in dataset.load().iterdir()] == ["epoch_1"]


def test_saving_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="written to by the work itself, not saved from a node"):
        WorkFolderDataset(filepath=str(tmp_path / "c")).save("anything")
