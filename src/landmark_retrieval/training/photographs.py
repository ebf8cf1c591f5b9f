"""Labelled photographs as shuffled, augmented batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.images.reading import read_rgb
from landmark_retrieval.parallel.prefetch import prefetch
from landmark_retrieval.training.aspect_batches import aspect_batches
from landmark_retrieval.training.augmentation import augment
from landmark_retrieval.training.settings import TrainingSettings

COLUMNS = ["image_id", "path", "landmark_id", "width", "height"]

Batch = tuple[NDArray[np.uint8], NDArray[np.int64]]
"""Photographs `(n, height, width, 3)` and their labels `(n,)`, positions in the list of landmarks."""


class TrainingPhotographs:
    """The photographs of a table, each epoch in an order and with changes that only seed and epoch decide.

    Attributes:
        landmark_ids: `(n_landmarks,)` int64, ascending; a label is a position in it.
        steps_per_epoch: batches of an epoch.
        largest_share: of the photographs, those of the most frequent landmark.

    Raises:
        DataError: a column is missing, there are fewer than two landmarks, or no batch can be made.
    """

    def __init__(self, files: FileTree, table: pd.DataFrame, settings: TrainingSettings) -> None:
        check_photographs(table, COLUMNS)
        self._files = files
        self._settings = settings
        self._paths = table["path"].tolist()
        self._groups = settings.aspect_groups.group_of(table["width"], table["height"])
        self.landmark_ids, self._labels = np.unique(table["landmark_id"].to_numpy(), return_inverse=True)
        self.steps_per_epoch = len(self._batches(0))
        self.largest_share = largest_share(self._labels)

    def epoch(self, epoch: int) -> Iterator[Batch]:
        """Batches of an epoch: pixels `(b, height, width, 3)` uint8 and labels `(b,)` int64."""
        return prefetch(self._batches(epoch), lambda rows: self._load(rows, epoch), self._settings.workers)

    def _batches(self, epoch: int) -> list[NDArray[np.int64]]:
        rng = np.random.default_rng([self._settings.seed, epoch])
        return aspect_batches(self._groups, self._settings.batch_size, rng)

    def _load(self, rows: NDArray[np.int64], epoch: int) -> Batch:
        return np.stack([self._photograph(row, epoch) for row in rows.tolist()]), self._labels[rows]

    def _photograph(self, row: int, epoch: int) -> NDArray[np.uint8]:
        size = self._settings.aspect_groups.sizes[self._groups[row]]
        rng = np.random.default_rng([self._settings.seed, epoch, row])
        return augment(read_rgb(self._files, self._paths[row]), size, self._settings.augmentation, rng)


def largest_share(labels: NDArray[np.int64]) -> float:
    """Share of the most frequent label, `labels` being positions `(n,)`."""
    return float(np.bincount(labels).max() / len(labels))


def check_photographs(table: pd.DataFrame, columns: Sequence[str]) -> None:
    """Raise `DataError` if a column is missing or there are fewer than two landmarks."""
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise DataError(f"training photographs lack {', '.join(missing)}: found {', '.join(table.columns)}")
    if (n_landmarks := table["landmark_id"].nunique()) < 2:
        raise DataError(f"training needs photographs of 2 landmarks: found {len(table)} of {n_landmarks}")
