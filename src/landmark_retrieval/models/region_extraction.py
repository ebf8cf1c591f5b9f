"""Regional descriptors of photographs, streamed."""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.images.reading import read_rgb
from landmark_retrieval.models.config import EmbeddingSettings
from landmark_retrieval.models.embedding_model import EmbeddingModel
from landmark_retrieval.models.pixels import resize_rgb, to_network
from landmark_retrieval.models.regions import rmac_grid
from landmark_retrieval.models.scales import scaled_side
from landmark_retrieval.models.views import View, batches_of_one_size, views_of
from landmark_retrieval.parallel.prefetch import prefetch

logger = logging.getLogger(__name__)

SHARD = 256
"""Photographs within which those of one size are gathered: enough to fill batches, little to hold."""


@dataclass(frozen=True)
class RegionStream:
    """Regional descriptors that are computed while they are iterated over.

    Attributes:
        shape: `(n_images, dim)`.
    """

    shape: tuple[int, int]
    _model: EmbeddingModel
    _files: FileTree
    _views: list[View]
    _settings: EmbeddingSettings
    _levels: int
    _device: torch.device

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        """For each photograph in turn `(n_regions, dim)` float32, L2-normalised rows.

        Raises:
            DataError: a photograph cannot be read.
        """
        began, n = time.perf_counter(), len(self._views)
        model = copy.deepcopy(self._model).eval().to(self._device).to(memory_format=torch.channels_last)
        batches = batches_of_one_size(self._views, self._settings.batch_size, SHARD)
        loaded = prefetch(batches, self._load, self._settings.workers)
        waiting: dict[int, NDArray[np.float32]] = {}
        done = 0
        with tqdm(total=n, desc="regions", unit="image", disable=None) as progress:
            for rows, pixels in zip(batches, loaded, strict=True):
                waiting.update(zip(rows.tolist(), self._describe(model, pixels), strict=True))
                progress.update(len(rows))
                while done in waiting:
                    yield waiting.pop(done)
                    done += 1
        logger.info("regions of %d images, %.1f images/s", n, n / (time.perf_counter() - began))

    def _load(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        views = [self._views[row] for row in rows]
        return np.stack([resize_rgb(f.crop(read_rgb(self._files, f.path)), f.size) for f in views])

    @torch.inference_mode()
    def _describe(self, model: EmbeddingModel, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        images = to_network(pixels, self._device)
        with torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=self._settings.amp):
            maps = model.backbone(images)
        return describe_regions(model, maps, self._levels).cpu().numpy()


def describe_regions(model: EmbeddingModel, maps: Tensor, levels: int) -> Tensor:
    """L2-normalised descriptors of the distinct regions of feature maps, `(b, n_regions, dim)` float32.

    A region is pooled and projected as the whole map is for an embedding. The whole map comes first, then
    the squares of `rmac_grid`; where the grid repeats a region, as it does the whole of a square map, it is
    described once.

    Args:
        model: in evaluation mode.
        maps: `(b, channels, h, w)` of the model's backbone.
        levels: of the grid.
    """
    regions = dict.fromkeys(rmac_grid(maps.shape[2], maps.shape[3], levels))
    pooled = [model.gem(maps[:, :, top : top + h, left : left + w]) for top, left, h, w in regions]
    vectors = model.projection(torch.cat(pooled))
    return functional.normalize(vectors.unflatten(0, (len(pooled), len(maps))), dim=2).transpose(0, 1)


def extract_regions(
    model: EmbeddingModel,
    files: FileTree,
    images: pd.DataFrame,
    settings: EmbeddingSettings,
    levels: int,
    device: torch.device,
) -> RegionStream:
    """Regional descriptors of the photographs of a table, row by row of it.

    Args:
        model: stays as it is.
        files: where the table's paths lie.
        images: `path`, `width`, `height`; of boxes `x1`, `y1`, `x2`, `y2` that are there and not NaN only the
            inside is seen, at the scale of the whole photograph.
        settings: of the embedding; its `scales` do not apply, the levels of the grid stand in for them.
        levels: of the grid of regions.
        device: to compute on.

    Raises:
        DataError: a column is missing, a box holds no pixel, or there are fewer than one level.
    """
    missing = {"path", "width", "height"} - set(images.columns)
    if missing:
        raise DataError(f"photographs to describe lack {', '.join(sorted(missing))}")
    rmac_grid(1, 1, levels)
    views = [_divisible(view, settings) for view in views_of(images, settings)]
    return RegionStream((len(images), model.dim), model, files, views, settings, levels, device)


def _divisible(view: View, settings: EmbeddingSettings) -> View:
    width, height = (scaled_side(side, 1.0, settings) for side in view.size)
    return replace(view, size=(width, height))
