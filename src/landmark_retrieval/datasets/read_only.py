"""Folders that nodes read from and never save to."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, NoReturn, TypeVar

from kedro.io import AbstractDataset, DatasetError

_Out = TypeVar("_Out")


class ReadOnlyDataset(AbstractDataset[Any, _Out]):
    """A folder without versions.

    Attributes:
        writer: who writes to it, for the error message.
    """

    writer: ClassVar[str]

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def save(self, data: Any) -> NoReturn:
        """Always raises `DatasetError`."""
        raise DatasetError(f"{self._filepath} is written to by {self.writer}, not saved from a node")

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}


class WorkFolderDataset(ReadOnlyDataset[Path]):
    """The path of a folder in which long work leaves finished parts and continues after an interruption."""

    writer = "the work itself"

    def load(self) -> Path:
        """The folder, created if missing."""
        self._filepath.mkdir(parents=True, exist_ok=True)
        return self._filepath

    def _exists(self) -> bool:
        return self._filepath.is_dir()
