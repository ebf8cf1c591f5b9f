import pytest
from kedro.io import DatasetError

from landmark_retrieval.datasets.shards import ShardsDataset


def test_the_folder_is_made_once_and_kept(tmp_path):
    dataset = ShardsDataset(filepath=str(tmp_path / "deep" / "shards"))
    assert not dataset.exists()
    (dataset.load() / "values-0.npz").touch()
    assert dataset.exists()
    assert [path.name for path in dataset.load().iterdir()] == ["values-0.npz"]


def test_saving_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="written to by the work itself"):
        ShardsDataset(filepath=str(tmp_path / "s")).save("anything")
