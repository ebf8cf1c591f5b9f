"""Folders of raw files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from landmark_retrieval.datasets.atomic import AtomicDataset
from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree


class FileTreeDataset(AtomicDataset[Iterable[tuple[str, bytes]], FileTree]):
    """A folder loaded as a `FileTree`; saved from `(relative POSIX path, content)`, one file at a time."""

    missing = (
        "put the files there or let `filepath` of the catalog entry point to them; "
        "`kedro run --pipelines=world` draws those of sources that are `generated`, no others"
    )

    def _read(self, path: Path) -> FileTree:
        if not path.is_dir():
            raise DataError(f"{path} is a file, expected a folder")
        return FileTree(path)

    def _write(self, path: Path, data: Iterable[tuple[str, bytes]]) -> None:
        path.mkdir()
        tree = FileTree(path)
        for relative, content in data:
            target = tree.path(relative)
            if target.exists():
                raise DataError(f"{relative!r} occurs twice among the files of {self._filepath}")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
