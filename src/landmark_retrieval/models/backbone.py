"""Convolutional backbones: torchvision's classification models without pooling and classifier."""

from __future__ import annotations

from collections import OrderedDict

import torch
import torchvision
from torch import Tensor, nn

from landmark_retrieval.errors import DataError

FAMILIES = frozenset(
    {"alexnet", "convnext", "densenet", "efficientnet", "mnasnet", "mobilenetv2", "mobilenetv3"}
    | {"regnet", "resnet", "shufflenetv2", "squeezenet", "vgg"}
)
"""Modules of torchvision whose models are a chain of convolutional stages, pooling and a classifier."""

TAIL = ("avgpool", "classifier", "fc")
"""What torchvision calls the part behind the feature map."""


def backbone_names() -> list[str]:
    """Every name that `Backbone` accepts, sorted."""
    models = torchvision.models
    return sorted(name for name in models.list_models(module=models) if _family(name) in FAMILIES)


def _family(name: str) -> str:
    return torchvision.models.get_model_builder(name).__module__.rpartition(".")[2]


class Backbone(nn.Module):
    """The feature map of a torchvision model, keys of its weights as torchvision has them.

    AlexNet and VGG lose their last max-pooling, DenseNet gets its last ReLU, as GeM's authors do.

    Attributes:
        channels: channels of the map.

    Raises:
        DataError: the name is not that of a convolutional classification model.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        if name not in backbone_names():
            raise DataError(
                f"backbone {name!r} is not a convolutional classification model of torchvision: "
                f"expected one of {', '.join(backbone_names())}"
            )
        model = torchvision.models.get_model(name, weights=None)
        family = _family(name)
        for stage, module in model.named_children():
            if stage in TAIL:
                break
            self.add_module(stage, _without_last_pool(module) if family in ("alexnet", "vgg") else module)
        self._ends_in_relu = family == "densenet"
        self.channels = self._count_channels()

    def forward(self, images: Tensor) -> Tensor:
        """Feature map `(b, channels, h, w)` of normalised images `(b, 3, height, width)`."""
        maps = images
        for stage in self.children():
            maps = stage(maps)
        return maps.relu() if self._ends_in_relu else maps

    @torch.no_grad()
    def _count_channels(self) -> int:
        was_training = self.training
        channels = int(self.eval()(torch.zeros(1, 3, 64, 64)).shape[1])
        self.train(was_training)
        return channels


def _without_last_pool(stages: nn.Module) -> nn.Sequential:
    return nn.Sequential(OrderedDict(list(stages.named_children())[:-1]))
