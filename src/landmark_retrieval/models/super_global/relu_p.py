"""ReLUP: activations raised to a floor before the last stage."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from landmark_retrieval.errors import DataError
from landmark_retrieval.models.backbone import Backbone


def raise_activations(backbone: Backbone, floor: float) -> None:
    """Replace the ReLUs of every stage but the last by `max(x, floor)` (SuperGlobal, Shao et al.), in place.

    A stage is all layers of one map size; the last stage has the size of the feature map. Activations that
    are direct children of the backbone belong to no stage (ResNet's stem). The authors' code replaces those
    within the blocks of the first stage only, and those after the blocks of all but the last. The backbone
    must be in evaluation mode.

    Raises:
        DataError: there is no ReLU before the last stage; other activations have no floor to be raised to.
    """
    last = _last_stage(backbone)
    replaced = {
        name: module
        for name, module in backbone.named_modules()
        if isinstance(module, nn.ReLU) and "." in name and module not in last
    }
    if not replaced:
        raise DataError("ReLUP: the backbone has no ReLU before its last stage, leave relu_floor null")
    for name, module in replaced.items():
        parent, _, child = name.rpartition(".")
        setattr(backbone.get_submodule(parent), child, nn.Threshold(floor, floor, module.inplace))


@torch.no_grad()
def _last_stage(backbone: Backbone) -> set[nn.Module]:
    """ReLUs whose output has the size of the feature map."""
    sizes: dict[nn.Module, set[torch.Size]] = {}

    def watch(module: nn.Module, _: tuple[Tensor, ...], output: Tensor) -> None:
        sizes.setdefault(module, set()).add(output.shape[-2:])

    hooks = [
        module.register_forward_hook(watch) for module in backbone.modules() if isinstance(module, nn.ReLU)
    ]
    size = backbone(torch.zeros(1, 3, 64, 64, device=next(backbone.parameters()).device)).shape[-2:]
    for hook in hooks:
        hook.remove()
    return {module for module, seen in sizes.items() if size in seen}
