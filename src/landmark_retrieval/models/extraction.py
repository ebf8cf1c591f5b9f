"""Embedding of photographs, streamed."""

from __future__ import annotations

import copy
import hashlib
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.images.reading import read_rgb
from landmark_retrieval.models.config import EmbeddingSettings
from landmark_retrieval.models.embedding_model import EmbeddingModel
from landmark_retrieval.models.fingerprint import model_fingerprint
from landmark_retrieval.models.pixels import resize_rgb, to_network
from landmark_retrieval.models.scales import embed_at_scales
from landmark_retrieval.models.super_global.pooling import pool_super_globally
from landmark_retrieval.models.views import View, batches_of_one_size, views_of
from landmark_retrieval.parallel.one_thread import torch_threads
from landmark_retrieval.parallel.prefetch import prefetch
from landmark_retrieval.storage.atomic_write import remove_partials
from landmark_retrieval.storage.parts import Shards

logger = logging.getLogger(__name__)

SHARD = 1024
"""Rows within which photographs of one size are gathered: enough to fill batches, little to hold."""

SAVE_SECONDS = 5.0
"""Longest work that an interruption loses, beside the batch that it interrupts."""


@dataclass(frozen=True)
class PhotographStream:
    """What a network computes of photographs, while it is iterated over.

    Attributes:
        shape: (photographs, `dim` of the model).
    """

    shape: tuple[int, int]
    _model: EmbeddingModel
    _files: FileTree
    _views: list[View]
    _settings: EmbeddingSettings
    _device: torch.device

    def _on_device(self, model: EmbeddingModel) -> EmbeddingModel:
        return model.to(self._device).to(memory_format=torch.channels_last)

    def _batches(
        self, views: list[View], shard: int, done: NDArray[np.bool_] | None = None
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
        """Rows of photographs of one size within a shard, with their pixels `(b, height, width, 3)`.

        Batches that are `done` are left out; they are the same ones whatever is done.
        """
        jobs = batches_of_one_size(views, self._settings.batch_size, shard)
        jobs = [rows for rows in jobs if done is None or not done[rows].all()]

        def load(rows: NDArray[np.int64]) -> NDArray[np.uint8]:
            return np.stack([self._photograph(views[row]) for row in rows])

        return zip(jobs, prefetch(jobs, load, self._settings.workers), strict=True)

    def _photograph(self, view: View) -> NDArray[np.uint8]:
        return resize_rgb(view.crop(read_rgb(self._files, view.path)), view.size)


@dataclass(frozen=True)
class EmbeddingStream(PhotographStream):
    """Embeddings that are computed while they are iterated over.

    Attributes:
        image_ids: `(n,)` str, in the order of the rows.
    """

    image_ids: NDArray[np.str_]
    _work: Path | None

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        """Consecutive blocks `(m, dim)` float32 of L2-normalised rows.

        With a work folder, what an interrupted extraction left is reused; it is saved every few seconds.

        Raises:
            DataError: a photograph cannot be read, or is too small for the requested pooling.
        """
        began = time.perf_counter()
        model = self._prepared()
        if self._work is not None:
            remove_partials(self._work)
        decisive = model_fingerprint(self._model) + self._settings.model_dump_json(exclude={"workers"})
        with tqdm(total=len(self._views), desc="embedding", unit="image", mininterval=1) as progress:
            for start in range(0, len(self._views), SHARD):
                yield self._block(model, start, decisive, progress)
        seconds = time.perf_counter() - began
        logger.info("embedded %d images, %.1f images/s", len(self._views), len(self._views) / seconds)

    def _block(
        self, model: EmbeddingModel, start: int, decisive: str, progress: tqdm[NoReturn]
    ) -> NDArray[np.float32]:
        views = self._views[start : start + SHARD]
        parts = None
        if self._work is not None:
            parts = Shards(self._work, _fingerprint(decisive, self._files, views))
        name = f"{start:09d}"
        begun = None if parts is None else parts.load(name)
        vectors, done = (
            (np.empty((len(views), self.shape[1]), np.float32), np.zeros(len(views), bool))
            if begun is None
            else (begun["vectors"], begun["done"])
        )
        progress.update(int(done.sum()))
        saved = time.monotonic()
        for rows, pixels in self._batches(views, SHARD, done):
            vectors[rows], done[rows] = self._embed(model, pixels), True
            progress.update(len(rows))
            if parts is not None and (done.all() or time.monotonic() - saved > SAVE_SECONDS):
                parts.save(name, {"vectors": vectors, "done": done})
                saved = time.monotonic()
        return vectors

    def _prepared(self) -> EmbeddingModel:
        model = copy.deepcopy(self._model).eval()
        if self._settings.super_global is not None:
            pool_super_globally(model, self._settings.super_global)
        return self._on_device(model)

    @torch.inference_mode()
    def _embed(self, model: EmbeddingModel, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        with torch_threads(self._settings.threads):
            return embed_at_scales(model, to_network(pixels, self._device), self._settings).cpu().numpy()


def extract(
    model: EmbeddingModel,
    images: FileTree,
    table: pd.DataFrame,
    settings: EmbeddingSettings,
    device: torch.device,
    work: Path | None = None,
) -> EmbeddingStream:
    """Embed the photographs of a table (two-stage paper §5.1), row by row of it.

    Args:
        model: not modified.
        images: root of the table's paths.
        table: `image_id` and the columns of `views_of`.
        settings: sizes, scales, batches.
        device: to compute on.
        work: folder for finished blocks, from which an interrupted extraction continues; None for none.

    Raises:
        DataError: a column is missing or a box holds no pixel.
    """
    views = views_of(table, settings)
    if "image_id" not in table:
        raise DataError("photographs lack image_id")
    image_ids = np.asarray(table["image_id"].tolist(), dtype=np.str_)
    return EmbeddingStream((len(table), model.dim), model, images, views, settings, device, image_ids, work)


def _fingerprint(decisive: str, files: FileTree, views: list[View]) -> str:
    """Of a block: the model, the settings, and the files with their size and time of change."""
    digest = hashlib.sha256(decisive.encode())
    for view in views:
        file = files.path(view.path)
        state = file.stat() if file.is_file() else None
        digest.update(repr((view, state and (state.st_size, state.st_mtime_ns))).encode())
    return digest.hexdigest()
