"""Mid-level feature map of a backbone, the source of DELF's descriptors."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Iterator

import torch
from torch import nn

from landmark_retrieval.errors import DataError
from landmark_retrieval.models.backbone import Backbone

STRIDE = 16
"""Of the map: that of ResNet's conv4, which DELF uses (Noh et al. 2017, §4.1)."""

PROBE = 256
"""Side in pixels of the input from which the strides of the stages are measured."""


def mid_level_stages(backbone: Backbone) -> nn.Sequential:
    """A copy of the stages of a backbone up to the last map of stride `STRIDE`, in evaluation mode.

    In a ResNet the last of them is `layer3`.

    Raises:
        DataError: none of its maps has that stride.
    """
    stages = list(_stages(copy.deepcopy(backbone)))
    strides = _strides([stage for _, stage in stages])
    if STRIDE not in strides:
        raise DataError(
            f"the backbone has no feature map of stride {STRIDE}, which DELF needs: its stages have "
            f"{', '.join(map(str, sorted(set(strides))))}"
        )
    last = max(i for i, stride in enumerate(strides) if stride == STRIDE)
    return nn.Sequential(OrderedDict(stages[: last + 1])).eval()


def _stages(backbone: Backbone) -> Iterator[tuple[str, nn.Module]]:
    """Stages with their names; where torchvision wraps the whole network in one sequence, its members."""
    children = list(backbone.named_children())
    for name, stage in children:
        if isinstance(stage, nn.Sequential) and len(children) < 3:
            yield from ((f"{name}_{inner}", module) for inner, module in stage.named_children())
        else:
            yield name, stage


@torch.no_grad()
def _strides(stages: list[nn.Module]) -> list[int]:
    """Stride of each stage's map, rounded to a power of two."""
    maps = torch.zeros(1, 3, PROBE, PROBE)
    strides = []
    for stage in stages:
        maps = stage.eval()(maps)
        strides.append(2 ** round(float(torch.log2(torch.tensor(PROBE / maps.shape[-1])))))
    return strides
