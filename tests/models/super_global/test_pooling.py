import copy
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from pydantic import ValidationError
from torch.nn import functional

from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.models.config import EmbeddingSettings, ModelSettings, SuperGlobalSettings
from landmark_retrieval.models.embedding_model import EmbeddingModel
from landmark_retrieval.models.extraction import extract
from landmark_retrieval.models.scales import embed_at_scales
from landmark_retrieval.models.super_global.pooling import SuperGlobalPooling, pool_super_globally

PAPER = {"relu_floor": 0.014, "regional_p": 2.5, "window": 5, "gem_p": 4.6, "unit_length": True}
IMAGES = torch.randn(2, 3, 128, 160, generator=torch.Generator().manual_seed(0))
MAPS = torch.rand(2, 8, 6, 5, generator=torch.Generator().manual_seed(1))


def settings(**changes: Any) -> SuperGlobalSettings:
    return SuperGlobalSettings(**{**PAPER, **changes})


def pooled_by_hand(maps: torch.Tensor) -> torch.Tensor:
    powers = functional.pad(maps**2.5, (2, 2, 2, 2), mode="reflect")
    windows = powers.unfold(2, 5, 1).unfold(3, 5, 1).mean((4, 5)) ** (1 / 2.5)
    pooled = ((maps + windows) / 2).clamp(min=1e-8).pow(4.6).mean((2, 3)) ** (1 / 4.6)
    return pooled / pooled.norm(dim=1, keepdim=True)


def test_is_regional_gem_then_gem_of_unit_length(model: EmbeddingModel) -> None:
    pooling = SuperGlobalPooling(model.gem, settings())
    torch.testing.assert_close(pooling(MAPS), pooled_by_hand(MAPS))


@torch.no_grad()
def test_or_of_the_length_of_the_model_s_own_pooling(model: EmbeddingModel) -> None:
    pooling = SuperGlobalPooling(model.gem, settings(unit_length=False))
    expected = pooled_by_hand(MAPS) * model.gem(MAPS).norm(dim=1, keepdim=True)
    torch.testing.assert_close(pooling(MAPS), expected)


@torch.no_grad()
def test_the_model_keeps_its_weights_and_its_projection(model: EmbeddingModel) -> None:
    plain = copy.deepcopy(model)
    pool_super_globally(model, settings(relu_floor=None))
    expected = plain.projection(pooled_by_hand(plain.backbone(IMAGES).clamp(min=0)))
    torch.testing.assert_close(model(IMAGES), expected, atol=1e-5, rtol=1e-4)
    assert set(plain.state_dict()) - {"gem.p"} <= set(model.state_dict())


@torch.no_grad()
def test_scales_meet_in_their_maximum(model: EmbeddingModel, embedding_settings: EmbeddingSettings) -> None:
    pool_super_globally(model, settings())
    given = embedding_settings.model_copy(update={"super_global": settings(), "scales": (1.0, 1.5)})
    larger = functional.interpolate(IMAGES, (192, 224), mode="bilinear", align_corners=True)
    units = [vectors / vectors.norm(dim=1, keepdim=True) for vectors in (model(IMAGES), model(larger))]
    expected = torch.maximum(*units)
    expected = expected / expected.norm(dim=1, keepdim=True)
    torch.testing.assert_close(embed_at_scales(model, IMAGES, given), expected)


def test_extraction_pools_so_and_leaves_the_model_alone(
    model_settings: ModelSettings,
    embedding_settings: EmbeddingSettings,
    photographs: tuple[FileTree, pd.DataFrame],
) -> None:
    model = EmbeddingModel(model_settings.model_copy(update={"dim": None})).eval()
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    given = embedding_settings.model_copy(update={"min_side": 96, "super_global": settings()})
    plain = given.model_copy(update={"super_global": None})
    found, usual = (
        np.concatenate(list(extract(model, *photographs, chosen, torch.device("cpu"))))
        for chosen in (given, plain)
    )
    assert found.shape == usual.shape
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    assert np.abs(found - usual).max() > 1e-3
    assert model.state_dict().keys() == before.keys()
    assert all(torch.equal(before[key], tensor) for key, tensor in model.state_dict().items())


def test_photographs_too_small_are_refused(
    model: EmbeddingModel, embedding_settings: EmbeddingSettings, photographs: tuple[FileTree, pd.DataFrame]
) -> None:
    given = embedding_settings.model_copy(update={"super_global": settings()})
    with pytest.raises(DataError, match="Regional-GeM: a window of 5 needs maps of 3 x 3"):
        list(extract(model, *photographs, given, torch.device("cpu")))


@pytest.mark.parametrize("change", [{"window": 4}, {"window": 0}, {"gem_p": 0}, {"relu_floor": 0}, {"p": 3}])
def test_bad_settings_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match=next(iter(change))):
        settings(**change)
