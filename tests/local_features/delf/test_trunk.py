import pytest
import torch

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.delf.trunk import mid_level_stages
from landmark_retrieval.models.backbone import Backbone

pytestmark = pytest.mark.costly


@pytest.mark.parametrize(
    ("name", "last", "channels"),
    [
        ("resnet18", "layer3", 256),
        ("squeezenet1_1", "features_12", 512),
        ("mobilenet_v2", "features_13", 96),
        ("shufflenet_v2_x0_5", "stage3", 96),
        ("regnet_x_400mf", "trunk_output_block3", 160),
    ],
)
def test_the_last_map_of_stride_16(name, last, channels):
    trunk = mid_level_stages(Backbone(name))
    assert [stage for stage, _ in trunk.named_children()][-1] == last
    assert trunk(torch.zeros(1, 3, 320, 320)).shape[1] == channels
    assert not trunk.training


def test_the_backbone_is_copied_as_it_is():
    backbone = Backbone("resnet18").train()
    trunk = mid_level_stages(backbone)
    assert backbone.training
    assert torch.equal(trunk.layer3[1].conv2.weight, backbone.layer3[1].conv2.weight)
    assert trunk.layer3[1].conv2.weight is not backbone.layer3[1].conv2.weight


def test_a_backbone_without_such_a_map_is_an_error():
    backbone = Backbone("resnet18")
    backbone.layer2 = torch.nn.Identity()
    backbone.layer3 = backbone.layer4 = torch.nn.Identity()
    with pytest.raises(DataError, match=r"no feature map of stride 16.*stages have 2, 4"):
        mid_level_stages(backbone)
