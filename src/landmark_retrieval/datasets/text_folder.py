"""Folders of texts written by people: verdicts, lists of landmarks."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from landmark_retrieval.datasets.read_only import ReadOnlyDataset
from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree

logger = logging.getLogger(__name__)

MAX_BYTES = 32 << 20
"""Of one file: as many characters as are read of one (`verdict_files.MAX_FILE`), four bytes each."""


class TextFolderDataset(ReadOnlyDataset[dict[str, str]]):
    """The files of one suffix in a folder, loaded as their texts by name; none if it is empty or missing.

    Folders below it and other files are skipped, the files with a warning.
    """

    writer = "people"

    def __init__(self, *, filepath: str, suffix: str, metadata: dict[str, Any] | None = None) -> None:
        super().__init__(filepath=filepath, metadata=metadata)
        self._suffix = suffix

    def load(self) -> dict[str, str]:
        """Text by file name; `DatasetError` if a file leads out of the folder, is too large or not UTF-8."""
        if not self._filepath.exists():
            return {}
        if not self._filepath.is_dir():
            raise DataError(f"{self._filepath} is a file, expected a folder of *{self._suffix}")
        tree = FileTree(self._filepath)
        files = sorted(path.name for path in self._filepath.iterdir() if not path.is_dir())
        names = [name for name in files if name.endswith(self._suffix)]
        for name in files:
            if name not in names and not name.startswith("."):
                logger.warning("%s is skipped: expected *%s", self._filepath / name, self._suffix)
        return {name: _text(tree.path(name)) for name in names}

    def _exists(self) -> bool:
        return True


def _text(path: Path) -> str:
    if path.stat().st_size > MAX_BYTES:
        raise DataError(f"{path}: expected at most {MAX_BYTES} bytes, found {path.stat().st_size}")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: expected UTF-8 text ({error})") from error
