import json

import pytest
import torch

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.delf.model import DelfModel, load_delf, save_delf
from landmark_retrieval.local_features.delf.settings import DelfModelSettings
from landmark_retrieval.models.backbone import Backbone

pytestmark = pytest.mark.costly

SETTINGS = DelfModelSettings(backbone="shufflenet_v2_x0_5", hidden=4, dim=3)


@pytest.fixture
def model():
    return DelfModel(SETTINGS, Backbone(SETTINGS.backbone)).eval()


def test_what_is_saved_is_loaded(model, tmp_path):
    save_delf(model.to(memory_format=torch.channels_last), tmp_path / "a" / "delf")
    loaded = load_delf(tmp_path / "a" / "delf")
    assert sorted(p.name for p in (tmp_path / "a" / "delf").iterdir()) == ["config.json", "model.safetensors"]
    assert loaded.settings == SETTINGS
    assert loaded.field == model.field
    assert not loaded.training
    for key, tensor in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[key], tensor), key


def test_weights_of_another_save_are_an_error(model, tmp_path):
    save_delf(model, tmp_path / "a")
    save_delf(DelfModel(SETTINGS, Backbone(SETTINGS.backbone)), tmp_path / "b")
    (tmp_path / "b" / "model.safetensors").replace(tmp_path / "a" / "model.safetensors")
    with pytest.raises(DataError, match=r"is not the file that config\.json describes"):
        load_delf(tmp_path / "a")


def test_missing_files_are_an_error(model, tmp_path):
    with pytest.raises(DataError, match=r"config.json is missing"):
        load_delf(tmp_path)
    save_delf(model, tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(DataError, match="no weights at"):
        load_delf(tmp_path)


@pytest.mark.parametrize("change", ["a list", "unknown key", "another kind"])
def test_a_broken_config_is_an_error(model, tmp_path, change):
    save_delf(model, tmp_path)
    path = tmp_path / "config.json"
    config = json.loads(path.read_text())
    if change == "unknown key":
        config["settings"]["colour"] = "red"
    if change == "another kind":
        del config["kind"]
    path.write_text("[]" if change == "a list" else json.dumps(config))
    with pytest.raises(DataError, match=r"does not describe a model of DelfModelSettings"):
        load_delf(tmp_path)
