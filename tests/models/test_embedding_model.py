from pathlib import Path

import pytest
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

from landmark_retrieval.errors import DataError
from landmark_retrieval.models.config import ModelSettings
from landmark_retrieval.models.embedding_model import EmbeddingModel, build_model
from landmark_retrieval.models.storage import save_model

IMAGES = torch.randn(3, 3, 64, 64, generator=torch.Generator().manual_seed(1))


def same(a: nn.Module, b: nn.Module) -> bool:
    ours, theirs = a.state_dict(), b.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[key], theirs[key]) for key in ours)


@torch.no_grad()
def test_is_backbone_pooling_linear_and_batch_normalisation(model: EmbeddingModel) -> None:
    linear, norm = model.projection
    pooled = model.backbone(IMAGES).clamp(min=1e-6).pow(3).mean((2, 3)).pow(1 / 3)
    expected = (pooled @ linear.weight.T + linear.bias - norm.running_mean) / (norm.running_var + 1e-5).sqrt()
    vectors = model(IMAGES)
    torch.testing.assert_close(vectors, expected, atol=1e-5, rtol=1e-4)
    assert vectors.shape == (3, model.dim)


def test_the_projection_starts_as_in_the_paper_s_code(model_settings: ModelSettings) -> None:
    linear = EmbeddingModel(model_settings.model_copy(update={"dim": 256})).projection[0]
    assert linear.bias.abs().max() == 0
    assert linear.weight.std().item() == pytest.approx((2 / (1024 + 256)) ** 0.5, rel=0.01)


@torch.no_grad()
def test_without_dim_the_pooled_vector_is_the_embedding(model_settings: ModelSettings) -> None:
    model = EmbeddingModel(model_settings.model_copy(update={"dim": None})).eval()
    assert model.dim == model.backbone.channels == 1024
    torch.testing.assert_close(model(IMAGES), model.gem(model.backbone(IMAGES)))


def test_the_seed_decides_and_leaves_the_global_state_alone(model_settings: ModelSettings) -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    first, again = EmbeddingModel(model_settings), EmbeddingModel(model_settings)
    assert torch.equal(torch.rand(3), expected)
    assert same(first, again)
    assert not same(first, EmbeddingModel(model_settings.model_copy(update={"seed": 1})))


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_weights_from_a_file_go_into_the_backbone(
    model_settings: ModelSettings, tmp_path: Path, suffix: str
) -> None:
    whole = torchvision.models.shufflenet_v2_x0_5()
    path = tmp_path / f"weights{suffix}"
    torch.save(whole.state_dict(), path) if suffix == ".pth" else save_file(whole.state_dict(), path)
    model = build_model(model_settings.model_copy(update={"weights": str(path)}))
    whole.fc = nn.Identity()
    assert same(model.backbone, whole)
    assert same(model.projection, EmbeddingModel(model_settings).projection)


def test_weights_from_a_saved_model_are_all_taken(model_settings: ModelSettings, tmp_path: Path) -> None:
    saved = EmbeddingModel(model_settings.model_copy(update={"seed": 5}))
    save_model(saved, tmp_path / "saved")
    model = build_model(model_settings.model_copy(update={"weights": str(tmp_path / "saved")}))
    assert same(model, saved)


def test_a_saved_model_of_another_shape_is_refused(model_settings: ModelSettings, tmp_path: Path) -> None:
    save_model(EmbeddingModel(model_settings), tmp_path)
    settings = model_settings.model_copy(update={"dim": 9, "weights": str(tmp_path)})
    with pytest.raises(
        DataError, match=r"does not fit the EmbeddingModel: of another shape: projection.0.weight"
    ):
        build_model(settings)
