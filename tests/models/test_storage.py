import json
from pathlib import Path

import pytest
import torch

from landmark_retrieval.errors import DataError
from landmark_retrieval.models.embedding_model import EmbeddingModel
from landmark_retrieval.models.storage import load_model, save_model


def test_what_is_saved_is_loaded(model: EmbeddingModel, tmp_path: Path) -> None:
    folder = tmp_path / "a" / "model"
    save_model(model.to(memory_format=torch.channels_last), folder)
    loaded = load_model(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors"]
    assert loaded.settings == model.settings
    assert not loaded.training
    for key, tensor in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[key], tensor), key


def test_float16_halves_the_file_and_rounds_only_matrices(model: EmbeddingModel, tmp_path: Path) -> None:
    save_model(model, tmp_path / "full")
    save_model(model, tmp_path / "half", dtype="float16")
    sizes = [(tmp_path / name / "model.safetensors").stat().st_size for name in ("full", "half")]
    assert sizes[1] < 0.65 * sizes[0]
    loaded = load_model(tmp_path / "half").state_dict()
    for key, tensor in model.state_dict().items():
        expected = tensor.half().to(tensor.dtype) if tensor.ndim > 1 else tensor
        assert torch.equal(loaded[key], expected), key


def test_the_same_model_makes_the_same_bytes(model: EmbeddingModel, tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_model(model, tmp_path / name)
    for file in ("config.json", "model.safetensors"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_saving_again_replaces(model: EmbeddingModel, tmp_path: Path) -> None:
    save_model(model, tmp_path)
    other = EmbeddingModel(model.settings.model_copy(update={"seed": 3}))
    save_model(other, tmp_path)
    assert torch.equal(load_model(tmp_path).projection[0].weight, other.projection[0].weight)


def test_a_missing_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"config.json is missing"):
        load_model(tmp_path)


def test_missing_weights_are_an_error(model: EmbeddingModel, tmp_path: Path) -> None:
    save_model(model, tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(DataError, match="no weights at"):
        load_model(tmp_path)


def test_weights_of_another_save_are_an_error(model: EmbeddingModel, tmp_path: Path) -> None:
    save_model(model, tmp_path / "a")
    save_model(EmbeddingModel(model.settings.model_copy(update={"seed": 3})), tmp_path / "b")
    (tmp_path / "b" / "model.safetensors").replace(tmp_path / "a" / "model.safetensors")
    with pytest.raises(DataError, match=r"is not the file that config\.json describes"):
        load_model(tmp_path / "a")


@pytest.mark.parametrize("change", ["no json", "unknown key", "no checksum"])
def test_a_broken_config_is_an_error(model: EmbeddingModel, tmp_path: Path, change: str) -> None:
    save_model(model, tmp_path)
    path = tmp_path / "config.json"
    config = json.loads(path.read_text())
    if change == "unknown key":
        config["settings"]["colour"] = "red"
    if change == "no checksum":
        del config["sha256"]
    path.write_text("{" if change == "no json" else json.dumps(config))
    with pytest.raises(DataError, match="does not describe a model"):
        load_model(tmp_path)
