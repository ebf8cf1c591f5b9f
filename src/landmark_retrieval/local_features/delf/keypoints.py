"""Keypoints of a picture: the positions of its mid-level maps that attention scores highest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from landmark_retrieval.local_features.delf.model import DelfModel
from landmark_retrieval.local_features.delf.settings import KeypointSettings
from landmark_retrieval.local_features.scaling import MIN_SIDE, scaled
from landmark_retrieval.models.pixels import resize_rgb, to_network

SMALLEST_LEVEL = 32
"""Pixels; a scale at which a side is shorter is skipped, as its map has fewer than two positions."""


@dataclass(frozen=True, eq=False)
class Keypoints:
    """Positions of the mid-level maps of a picture.

    Attributes:
        points: `(n, 2)` float32 x, y in pixels of the picture: the centres of receptive fields.
        vectors: `(n, channels)` float32 of the maps, on the model's device.
        scores: `(n,)` float32.
    """

    points: NDArray[np.float32]
    vectors: Tensor
    scores: NDArray[np.float32]


@torch.inference_mode()
def find_keypoints(
    model: DelfModel, image: NDArray[np.uint8], settings: KeypointSettings, device: torch.device
) -> Keypoints:
    """The keypoints of a picture `(height, width, 3)` uint8 RGB, in pixels of it scaled to `max_side`.

    Sorted by descending score; ties by scale, in the order of the settings, then from top to bottom, left to
    right. There is no non-maximum suppression (an IoU bound of 1.0 in DELF's terms). A picture with
    a side below `MIN_SIDE` has no keypoints. The model must be on `device` and in evaluation mode.
    """
    levels = list(pyramid(model, scaled(image, settings.max_side), settings, device))
    if not levels:
        empty = np.zeros(0, np.float32)
        return Keypoints(empty.reshape(0, 2), torch.zeros(0, model.channels, device=device), empty)
    scores = np.concatenate([level.scores for level in levels])
    # Levels and positions are already in the order of the tie rule; the stable sort preserves it.
    order = np.argsort(-scores, kind="stable")
    order = order[scores[order] >= settings.min_score][: settings.max_keypoints]
    vectors = torch.cat([level.vectors for level in levels])[torch.from_numpy(order).to(device)]
    return Keypoints(np.concatenate([level.points for level in levels])[order], vectors, scores[order])


@torch.inference_mode()
def pyramid(
    model: DelfModel, image: NDArray[np.uint8], settings: KeypointSettings, device: torch.device
) -> Iterator[Keypoints]:
    """All positions of a picture, row by row of the map, at each scale that leaves its sides long enough."""
    height, width = image.shape[:2]
    if min(height, width) < MIN_SIDE:
        return
    for scale in settings.scales:
        size = round(width * scale), round(height * scale)
        if min(size) >= SMALLEST_LEVEL:
            yield _level(model, resize_rgb(image, size), (width, height), settings, device)


def _level(
    model: DelfModel,
    resized: NDArray[np.uint8],
    size: tuple[int, int],
    settings: KeypointSettings,
    device: torch.device,
) -> Keypoints:
    with exact_convolutions():
        maps = model.maps(to_network(resized[None], device), amp=settings.amp)
        scores = model.attention(maps)[0].cpu().numpy()
    rows, columns = np.indices(scores.shape)
    points = np.stack([columns.ravel(), rows.ravel()], axis=1)
    centres = _in_picture(model.field.centres(points), resized.shape[1::-1], size)
    return Keypoints(centres, maps[0].flatten(1).T, scores.ravel())


def _in_picture(
    centres: NDArray[np.float64], of: tuple[int, ...], size: tuple[int, int]
) -> NDArray[np.float32]:
    """Points of a resized picture in pixels of the original; the edges, not the centres, of pixels align.

    As its sides are rounded to whole pixels, each has its own factor.
    """
    factors = np.asarray(size) / np.asarray(of)
    points = (centres + 0.5) * factors - 0.5
    return np.clip(points, 0, np.asarray(size) - 1).astype(np.float32)


@contextmanager
def exact_convolutions() -> Iterator[None]:
    """Full float32 and deterministic kernels on CUDA, so that equal positions tie and runs agree."""
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = False
    try:
        with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
            yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before
