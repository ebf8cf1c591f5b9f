import pytest
import torch
import torchvision
from torch import Tensor, nn

from landmark_retrieval.errors import DataError
from landmark_retrieval.models.backbone import Backbone, backbone_names

IMAGES = torch.randn(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))


def own_features(model: nn.Module) -> Tensor:
    """What torchvision's model itself hands to its average pooling, or takes the mean of."""
    seen: list[Tensor] = []
    pool = getattr(model, "avgpool", None)
    if pool is not None:
        pool.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    else:
        last = {
            "ShuffleNetV2": "conv5",
            "MNASNet": "layers",
            "SqueezeNet": "features",
            "MobileNetV2": "features",
        }
        stage = getattr(model, last[type(model).__name__])
        stage.register_forward_hook(lambda _, __, output: seen.append(output))
    model(IMAGES)
    return seen[0]


@pytest.mark.parametrize(
    "name",
    [
        "resnet18",
        "squeezenet1_1",
        "mobilenet_v2",
        "mobilenet_v3_small",
        "shufflenet_v2_x0_5",
        "mnasnet0_5",
        "regnet_y_400mf",
        "efficientnet_b0",
        "convnext_tiny",
    ],
)
@torch.no_grad()
def test_gives_the_map_before_pooling(name: str) -> None:
    whole = torchvision.models.get_model(name, weights=None).eval()
    backbone = Backbone(name).eval()
    state = {k: v for k, v in whole.state_dict().items() if k in backbone.state_dict()}
    backbone.load_state_dict(state)
    maps = backbone(IMAGES)
    torch.testing.assert_close(maps, own_features(whole))
    assert maps.shape[1] == backbone.channels


@torch.no_grad()
def test_densenet_ends_in_its_relu() -> None:
    backbone = Backbone("densenet121").eval()
    maps = backbone(IMAGES)
    torch.testing.assert_close(maps, backbone.features(IMAGES).relu())
    assert maps.min() == 0


@torch.no_grad()
def test_alexnet_loses_its_last_pooling() -> None:
    backbone = Backbone("alexnet").eval()
    assert isinstance(list(backbone.features)[-1], nn.ReLU)
    assert backbone(IMAGES).shape == (1, 256, 3, 5)


@pytest.mark.parametrize("name", ["vit_b_16", "swin_t", "maxvit_t", "inception_v3", "resnet19", ""])
def test_what_is_no_convolutional_model_is_refused(name: str) -> None:
    with pytest.raises(DataError, match=f"backbone {name!r} .* resnet101"):
        Backbone(name)


def test_every_family_is_there() -> None:
    names = backbone_names()
    assert {"resnet101", "vgg16", "densenet201", "efficientnet_v2_s", "convnext_base"} <= set(names)
    assert names == sorted(names)
