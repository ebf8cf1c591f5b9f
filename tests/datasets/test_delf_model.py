import pytest
import torch
from kedro.io import DatasetError, Version

from landmark_retrieval.datasets.folders import DelfModelDataset
from landmark_retrieval.local_features.delf.model import DelfModel
from landmark_retrieval.local_features.delf.settings import DelfModelSettings
from landmark_retrieval.models.backbone import Backbone

SETTINGS = DelfModelSettings(backbone="squeezenet1_1", hidden=8, dim=4)


def test_a_model_comes_back_as_a_version(tmp_path):
    dataset = DelfModelDataset(filepath=str(tmp_path / "delf"), version=Version(None, "v1"))
    model = DelfModel(SETTINGS, Backbone("squeezenet1_1")).eval()
    dataset.save(model)
    loaded = dataset.load()
    assert loaded.settings == SETTINGS
    for key, tensor in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[key], tensor), key
    assert dataset.list_versions(full_path=False) == ["v1"]


def test_what_is_no_model_leaves_nothing(tmp_path):
    dataset = DelfModelDataset(filepath=str(tmp_path / "delf"), version=Version(None, "v1"))
    with pytest.raises(DatasetError, match="settings"):
        dataset.save("weights")
    assert list(tmp_path.iterdir()) == []
