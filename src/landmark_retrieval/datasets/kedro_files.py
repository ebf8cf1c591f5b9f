"""Kedro's file datasets, saved atomically."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from kedro.io import AbstractVersionedDataset
from kedro_datasets.json import JSONDataset
from kedro_datasets.matplotlib import MatplotlibDataset
from kedro_datasets.pandas import CSVDataset

from landmark_retrieval.storage.atomic_write import atomic_write


def _atomic_save(kind: type[AbstractVersionedDataset[Any, Any]]) -> Callable[[Any, Any], None]:
    def save(self: AbstractVersionedDataset[Any, Any], data: Any) -> None:
        with atomic_write(Path(self._get_save_path())) as partial:
            kind.save(self._copy(_filepath=PurePosixPath(partial), _version=None), data)

    return save


class AtomicJSONDataset(JSONDataset):  # type: ignore[misc]  # kedro_datasets has no types
    """Values as JSON."""

    save = _atomic_save(JSONDataset)


class AtomicCSVDataset(CSVDataset):  # type: ignore[misc]  # kedro_datasets has no types
    """A table as CSV."""

    save = _atomic_save(CSVDataset)


class AtomicMatplotlibDataset(MatplotlibDataset):  # type: ignore[misc]  # kedro_datasets has no types
    """A figure as picture."""

    save = _atomic_save(MatplotlibDataset)
