"""Labelled photographs as batches of random square crops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.images.reading import read_rgb
from landmark_retrieval.local_features.delf.settings import DelfTrainingSettings
from landmark_retrieval.local_features.delf.trunk import STRIDE
from landmark_retrieval.models.pixels import resize_rgb
from landmark_retrieval.parallel.prefetch import prefetch
from landmark_retrieval.training.photographs import Batch, check_photographs, largest_share

COLUMNS = ["image_id", "path", "landmark_id"]


class _Step(NamedTuple):
    rows: NDArray[np.int64]
    side: int
    epoch: int


class SquareCrops:
    """The photographs of a table in random order and crops, which depend on seed, epoch and `image_id` only.

    A random square is cropped from the central square of each photograph and resized to a side drawn for the
    batch, so that attention is trained on landmarks at many scales (Noh et al. 2017, §4.2).

    Attributes:
        landmark_ids: `(n_landmarks,)` int64, ascending; a label is a position in it.
        steps_per_epoch: batches of an epoch; an incomplete one is left out unless it is the only one.
        largest_share: of the photographs, those of the most frequent landmark.

    Raises:
        DataError: a column is missing, or there are fewer than two landmarks.
    """

    def __init__(self, files: FileTree, table: pd.DataFrame, settings: DelfTrainingSettings) -> None:
        check_photographs(table, COLUMNS)
        self._files, self._settings = files, settings
        ordered = table.sort_values("image_id")
        self._paths = ordered["path"].tolist()
        self.landmark_ids, self._labels = np.unique(ordered["landmark_id"].to_numpy(), return_inverse=True)
        self.steps_per_epoch = max(len(table) // settings.batch_size, 1)
        self.largest_share = largest_share(self._labels)

    def epoch(self, epoch: int) -> Iterator[Batch]:
        """Batches of an epoch: pixels `(b, side, side, 3)` uint8 and labels `(b,)` int64."""
        return prefetch(self._steps(epoch), self._load, self._settings.workers)

    def _steps(self, epoch: int) -> list[_Step]:
        rng = np.random.default_rng([self._settings.seed, epoch])
        order = rng.permutation(len(self._paths))
        size = self._settings.batch_size
        return [
            _Step(order[i * size : (i + 1) * size], self._side(rng), epoch)
            for i in range(self.steps_per_epoch)
        ]

    def _side(self, rng: np.random.Generator) -> int:
        side = self._settings.side * rng.uniform(self._settings.min_scale, 1)
        return max(2, round(side / STRIDE)) * STRIDE

    def _load(self, step: _Step) -> Batch:
        crops = [self._crop(row, step) for row in step.rows.tolist()]
        return np.stack(crops), self._labels[step.rows]

    def _crop(self, row: int, step: _Step) -> NDArray[np.uint8]:
        rng = np.random.default_rng([self._settings.seed, step.epoch, row])
        pixels = read_rgb(self._files, self._paths[row])
        square = min(pixels.shape[:2])
        seen = max(1, round(square * self._settings.crop))
        top, left = ((side - square) // 2 + int(rng.integers(square - seen + 1)) for side in pixels.shape[:2])
        return resize_rgb(pixels[top : top + seen, left : left + seen], (step.side, step.side))
