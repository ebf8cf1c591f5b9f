"""Resizing and normalisation of decoded pictures for a network."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""Of ImageNet's RGB in [0, 1], which torchvision's weights expect."""


def resize_rgb(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Resize `(height, width, 3)` uint8 to `size` = (width, height).

    Pixel areas are averaged where both sides shrink, so that nothing aliases; else bilinear. The filter is
    part of what an embedding is: training and extraction share this one.
    """
    import cv2

    height, width = pixels.shape[:2]
    if (width, height) == size:
        return pixels
    shrinks = size[0] <= width and size[1] <= height
    resized: Any = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return resized


def to_network(batch: NDArray[np.uint8], device: torch.device) -> Tensor:
    """Normalised `(b, 3, height, width)` float32, channels-last memory, of `(b, height, width, 3)` uint8."""
    images = torch.from_numpy(batch).to(device).permute(0, 3, 1, 2).float()
    mean = torch.tensor(MEAN, device=device).view(3, 1, 1) * 255
    std = torch.tensor(STD, device=device).view(3, 1, 1) * 255
    return images.sub_(mean).div_(std)
