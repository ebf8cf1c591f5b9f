"""Folder of image files, whose relative paths cannot lead out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from landmark_retrieval.errors import DataError


@dataclass(frozen=True)
class FileTree:
    """A root folder and the files below it, named by relative POSIX paths."""

    root: Path

    def path(self, relative: str) -> Path:
        """Path on disk; `DataError` if `relative` is absolute or leads out of the root, also by a link."""
        root = self.root.resolve()
        path = (root / relative).resolve()
        if not path.is_relative_to(root):
            raise DataError(f"{relative!r} leads out of {self.root}")
        return path


@dataclass(frozen=True)
class FileForest(FileTree):
    """Several file trees; a path begins with the name of its tree.

    Attributes:
        root: of the first tree.
        trees: by name.
    """

    trees: Mapping[str, FileTree]

    def path(self, relative: str) -> Path:
        """As for `FileTree`; `DataError` also if no tree has this name."""
        name, _, rest = relative.partition("/")
        if name not in self.trees:
            raise DataError(f"{relative!r}: expected a path below one of {', '.join(self.trees)}")
        return self.trees[name].path(rest)
