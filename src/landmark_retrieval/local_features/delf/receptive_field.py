"""Receptive fields of feature maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import fx, nn

from landmark_retrieval.errors import DataError


@dataclass(frozen=True)
class ReceptiveField:
    """Receptive fields of a feature map, in pixels; the centre of the first pixel is 0, as in OpenCV.

    Attributes:
        stride: between neighbouring positions.
        first: centre of the receptive field of position 0.
        size: of its side.
    """

    stride: int
    first: float
    size: int

    def centres(self, positions: NDArray[np.int64]) -> NDArray[np.float64]:
        """Centres of the receptive fields of positions along an axis of the map, any shape."""
        return self.first + self.stride * positions.astype(np.float64)


def receptive_field(network: nn.Module) -> ReceptiveField:
    """The receptive field of a convolutional network, from kernels, strides and paddings of its layers.

    Parallel branches are joined to their bounding interval. Squeeze-and-excitation weights, which depend on
    the whole picture, are ignored.

    Raises:
        DataError: a layer is not square, branches of different strides are joined, or there is no map.
    """
    graph = fx.Tracer().trace(network)
    modules = dict(network.named_modules())
    seen: dict[fx.Node, ReceptiveField | None] = {}
    for node in graph.nodes:
        if node.op == "placeholder":
            seen[node] = ReceptiveField(1, 0.0, 1)
        elif node.op == "output":
            field = _joined([seen[n] for n in node.all_input_nodes])
        else:
            joined = _joined([seen[n] for n in node.all_input_nodes])
            seen[node] = _behind(modules[str(node.target)], joined) if node.op == "call_module" else joined
    if field is None:
        raise DataError(f"{type(network).__name__} has no feature map: its output has no position")
    return field


def _joined(fields: list[ReceptiveField | None]) -> ReceptiveField | None:
    of_maps = [field for field in fields if field is not None]
    if not of_maps:
        return None
    strides = {field.stride for field in of_maps}
    if len(strides) > 1:
        raise DataError(f"branches of strides {sorted(strides)} are joined: expected one stride")
    low = min(field.first - field.size / 2 for field in of_maps)
    high = max(field.first + field.size / 2 for field in of_maps)
    return ReceptiveField(of_maps[0].stride, (low + high) / 2, round(high - low))


def _behind(layer: nn.Module, field: ReceptiveField | None) -> ReceptiveField | None:
    if isinstance(layer, nn.AdaptiveAvgPool2d) or field is None:
        return None
    if not isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
        return field
    kernel, stride, padding = (_side(layer, name) for name in ("kernel_size", "stride", "padding"))
    reach = (kernel - 1) * (_side(layer, "dilation") if hasattr(layer, "dilation") else 1)
    return ReceptiveField(
        stride=field.stride * stride,
        first=field.first + (reach / 2 - padding) * field.stride,
        size=field.size + reach * field.stride,
    )


def _side(layer: Any, name: str) -> int:
    value = getattr(layer, name)
    sides = set(value) if isinstance(value, tuple) else {value}
    if len(sides) > 1 or not all(isinstance(side, int) for side in sides):
        raise DataError(f"{name} of {layer} is {value}: expected one number for both sides")
    return int(sides.pop())
