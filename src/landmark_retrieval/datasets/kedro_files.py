"""Kedro's file datasets, saved atomically."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any, Self, cast

from kedro.io import AbstractVersionedDataset
from kedro_datasets.json import JSONDataset
from kedro_datasets.matplotlib import MatplotlibDataset
from kedro_datasets.pandas import CSVDataset

from landmark_retrieval.storage.atomic_write import atomic_write


class AtomicSave(AbstractVersionedDataset[Any, Any]):
    """Lets the dataset class that follows it save to a sibling, which then replaces the file."""

    def save(self, data: Any) -> None:
        """Write all of `data` to a sibling, which then replaces the file.

        Raises:
            DatasetError: `data` could not be written; the older file is unchanged.
        """
        with atomic_write(Path(self._get_save_path())) as partial:
            sibling = cast(Self, self._copy(_filepath=PurePosixPath(partial), _version=None))
            super(AtomicSave, sibling).save(data)  # type: ignore[safe-super]  # that of the class that follows


class AtomicJSONDataset(AtomicSave, JSONDataset):
    """Values as JSON."""


class AtomicCSVDataset(AtomicSave, CSVDataset):
    """A table as CSV."""


class AtomicMatplotlibDataset(AtomicSave, MatplotlibDataset):
    """A figure as picture."""
