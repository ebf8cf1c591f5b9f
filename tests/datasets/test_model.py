import pytest
import torch
from kedro.io import DatasetError, Version

from landmark_retrieval.datasets.folders import ModelDataset
from landmark_retrieval.models.config import ModelSettings
from landmark_retrieval.models.embedding_model import build_model

SETTINGS = ModelSettings(backbone="squeezenet1_1", weights=None, gem_p=3.0, gem_trainable=True, dim=8, seed=1)


def test_a_model_comes_back_as_a_version(tmp_path):
    dataset = ModelDataset(filepath=str(tmp_path / "model"), version=Version(None, "v1"))
    model = build_model(SETTINGS).eval()
    dataset.save(model)
    loaded = dataset.load()
    images = torch.rand(2, 3, 64, 48, generator=torch.Generator().manual_seed(0))
    assert loaded.settings == SETTINGS
    torch.testing.assert_close(loaded(images), model(images))
    assert dataset.list_versions(full_path=False) == ["v1"]


def test_what_is_no_model_leaves_nothing(tmp_path):
    dataset = ModelDataset(filepath=str(tmp_path / "model"), version=Version(None, "v1"))
    with pytest.raises(DatasetError, match="state_dict"):
        dataset.save("weights")
    assert list(tmp_path.iterdir()) == []


def test_half_precision_halves_the_file_and_loads_as_float32(tmp_path):
    model = build_model(SETTINGS)
    sizes = {}
    for dtype in ("float32", "float16"):
        dataset = ModelDataset(filepath=str(tmp_path / dtype), dtype=dtype)
        dataset.save(model)
        sizes[dtype] = (tmp_path / dtype / "model.safetensors").stat().st_size

    assert sizes["float16"] < 0.6 * sizes["float32"]
    assert {p.dtype for p in dataset.load().parameters()} == {torch.float32}
    with pytest.raises(ValueError, match="expected dtype float32 or float16, found 'int8'"):
        ModelDataset(filepath="x", dtype="int8")
