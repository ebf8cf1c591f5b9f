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

from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.models.config import EmbeddingSettings
from landmark_retrieval.models.embedding_model import EmbeddingModel
from landmark_retrieval.models.extraction import PhotographStream
from landmark_retrieval.models.pixels import to_network
from landmark_retrieval.models.regions import rmac_grid
from landmark_retrieval.models.scales import scaled_size
from landmark_retrieval.models.views import View, views_of
from landmark_retrieval.parallel.one_thread import torch_threads

logger = logging.getLogger(__name__)

SHARD = 256
"""Photographs within which those of one size are gathered: enough to fill batches, little to hold."""


@dataclass(frozen=True)
class RegionStream(PhotographStream):
    """Regional descriptors that are computed while they are iterated over."""

    _levels: int

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        """For each photograph in turn `(n_regions, dim)` float32, L2-normalised rows.

        Raises:
            DataError: a photograph cannot be read.
        """
        began, n = time.perf_counter(), len(self._views)
        model = self._on_device(copy.deepcopy(self._model).eval())
        waiting: dict[int, NDArray[np.float32]] = {}
        done = 0
        with tqdm(total=n, desc="regions", unit="image", mininterval=1) as progress:
            for rows, pixels in self._batches(self._views, SHARD):
                waiting.update(zip(rows.tolist(), self._describe(model, pixels), strict=True))
                progress.update(len(rows))
                while done in waiting:
                    yield waiting.pop(done)
                    done += 1
        logger.info("regions of %d images, %.1f images/s", n, n / (time.perf_counter() - began))

    @torch.inference_mode()
    def _describe(self, model: EmbeddingModel, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        with torch_threads(self._settings.threads):
            images = to_network(pixels, self._device)
            with torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=self._settings.amp):
                maps = model.backbone(images)
            return describe_regions(model, maps, self._levels).cpu().numpy()


def describe_regions(model: EmbeddingModel, maps: Tensor, levels: int) -> Tensor:
    """L2-normalised descriptors of the distinct regions of feature maps, `(b, n_regions, dim)` float32.

    Each region of `rmac_grid` is pooled and projected as the whole map is for an embedding; repeated regions
    of the grid are described once.

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
        model: not modified.
        files: root of the table's paths.
        images: columns of `views_of`.
        settings: of the embedding; its `scales` do not apply, the levels of the grid replace them.
        levels: of the grid of regions.
        device: to compute on.

    Raises:
        DataError: a column is missing, a box holds no pixel, or there are fewer than one level.
    """
    rmac_grid(1, 1, levels)
    views = [_divisible(view, settings) for view in views_of(images, settings)]
    return RegionStream((len(images), model.dim), model, files, views, settings, device, levels)


def _divisible(view: View, settings: EmbeddingSettings) -> View:
    return replace(view, size=scaled_size(view.size, 1.0, settings))
