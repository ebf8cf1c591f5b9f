"""A folder of files that nothing may climb out of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from landmark_retrieval.errors import DataError


@dataclass(frozen=True)
class FileTree:
    """A root folder and the files below it, named by relative POSIX paths."""

    root: Path

    def path(self, relative: str) -> Path:
        """Where `relative` lies on disk.

        Raises:
            DataError: the path is absolute or leads out of the root, also by a symbolic link.
        """
        root = self.root.resolve()
        path = (root / relative).resolve()
        if not path.is_relative_to(root):
            raise DataError(f"{relative!r} leads out of {self.root}")
        return path
