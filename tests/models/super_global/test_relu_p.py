import copy

import pytest
import torch
from torch import Tensor, nn

from landmark_retrieval.errors import DataError
from landmark_retrieval.models.backbone import Backbone
from landmark_retrieval.models.super_global.relu_p import raise_activations

IMAGES = torch.randn(2, 3, 96, 64, generator=torch.Generator().manual_seed(0))


def stages_of(backbone: Backbone) -> list[Tensor]:
    """What comes out of ResNet's stem and of each of its stages."""
    seen = []
    maps = IMAGES
    for name, stage in backbone.named_children():
        maps = stage(maps)
        if name.startswith(("relu", "layer")):
            seen.append(maps)
    return seen


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
@torch.no_grad()
def test_every_stage_of_a_resnet_but_the_last_has_the_floor(name: str) -> None:
    backbone = Backbone(name).eval()
    raise_activations(backbone, 0.5)
    lowest = [maps.min().item() for maps in stages_of(backbone)]
    assert lowest == [0.0, 0.5, 0.5, 0.5, 0.0]
    for stage in (backbone.layer1, backbone.layer2, backbone.layer3):
        assert not any(isinstance(module, nn.ReLU) for module in stage.modules())
    assert not any(isinstance(module, nn.Threshold) for module in backbone.layer4.modules())


@torch.no_grad()
def test_agrees_with_a_block_written_out() -> None:
    backbone = Backbone("resnet18").eval()
    block = copy.deepcopy(backbone.layer1[0])
    raise_activations(backbone, 0.2)
    maps = torch.rand(1, 64, 9, 7, generator=torch.Generator().manual_seed(1))
    inner = block.bn1(block.conv1(maps)).clamp(min=0.2)
    expected = (block.bn2(block.conv2(inner)) + maps).clamp(min=0.2)
    torch.testing.assert_close(backbone.layer1[0](maps), expected)


@pytest.mark.parametrize("name", ["squeezenet1_1", "regnet_y_400mf", "shufflenet_v2_x0_5"])
@torch.no_grad()
def test_other_backbones_with_relu_change_before_their_last_stage(name: str) -> None:
    backbone = Backbone(name).eval()
    changed = copy.deepcopy(backbone)
    raise_activations(changed, 0.1)
    kept = [module for module in changed.modules() if isinstance(module, nn.ReLU)]
    assert kept
    assert len(kept) < len([module for module in backbone.modules() if isinstance(module, nn.ReLU)])
    assert not torch.allclose(changed(IMAGES), backbone(IMAGES))


@torch.no_grad()
def test_a_floor_of_almost_nothing_changes_nothing() -> None:
    backbone = Backbone("resnet18").eval()
    expected = backbone(IMAGES)
    raise_activations(backbone, 1e-12)
    torch.testing.assert_close(backbone(IMAGES), expected)


def test_a_backbone_without_relu_is_refused() -> None:
    with pytest.raises(DataError, match="relu_floor"):
        raise_activations(Backbone("efficientnet_b0").eval(), 0.014)
