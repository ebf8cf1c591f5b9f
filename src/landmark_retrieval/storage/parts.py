"""Parts of long work on disk, so that a run continues after an interruption."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.storage.atomic_write import atomic_write

logger = logging.getLogger(__name__)

Arrays = dict[str, NDArray[Any]]

_FINGERPRINT = "fingerprint"
_UNREADABLE = (BadZipFile, ValueError, OSError, EOFError, KeyError)


class Parts(Protocol):
    """Store of finished parts of some work."""

    def has(self, name: str) -> bool:
        """Whether a part is stored."""

    def get_or_compute(self, name: str, make: Callable[[], Arrays]) -> Arrays:
        """The arrays of a part: as stored, or else computed and stored."""


@dataclass(frozen=True)
class Shards:
    """A folder of parts, one file each, with the fingerprint of everything that determines the result.

    A file of other work or a damaged one counts as missing.
    """

    folder: Path
    fingerprint: str

    def has(self, name: str) -> bool:
        """Whether a part of this work is stored; whether it is intact shows when it is read."""
        return self._is_own(self._path(name))

    def get_or_compute(self, name: str, make: Callable[[], Arrays]) -> Arrays:
        """The arrays of a part: as on disk, or else computed and stored."""
        stored = self.load(name)
        if stored is not None:
            return stored
        made = make()
        self.save(name, made)
        return made

    def save(self, name: str, arrays: Arrays) -> None:
        """Store the arrays of a part, in the place of what there was."""
        with atomic_write(self._path(name)) as partial, partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **{_FINGERPRINT: np.array(self.fingerprint)}, **arrays)

    def clear(self) -> None:
        """Remove the files of all parts."""
        for path in self.folder.glob("*.npz*"):
            path.unlink()

    def remove_stale(self) -> None:
        """Remove incomplete files and those of other work, which this work might never replace."""
        stale = [path for path in sorted(self.folder.glob("*.npz*")) if not self._is_own(path)]
        for path in stale:
            path.unlink()
        if stale:
            logger.info("%s: removed %d parts of other data or settings", self.folder, len(stale))

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.npz"

    def _is_own(self, path: Path) -> bool:
        if path.suffix != ".npz" or not path.is_file():
            return False
        try:
            with np.load(path, allow_pickle=False) as file:
                return str(file[_FINGERPRINT]) == self.fingerprint
        except _UNREADABLE:
            return False

    def load(self, name: str) -> Arrays | None:
        """The arrays of a part of this work as stored; None if there is none, or if it cannot be read."""
        path = self._path(name)
        if not path.is_file():
            return None
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {key: file[key] for key in file.files}
            found = str(arrays.pop(_FINGERPRINT))
        except _UNREADABLE as error:
            logger.warning("%s cannot be read and is recomputed: %s", path, error)
            return None
        if found != self.fingerprint:
            logger.warning("%s belongs to other data or settings and is recomputed", path)
            return None
        return arrays


class InMemoryParts:
    """Parts in memory."""

    def __init__(self) -> None:
        self._parts: dict[str, Arrays] = {}

    def has(self, name: str) -> bool:
        """Whether a part was computed."""
        return name in self._parts

    def get_or_compute(self, name: str, make: Callable[[], Arrays]) -> Arrays:
        """The arrays of a part, computed only once."""
        if name not in self._parts:
            self._parts[name] = make()
        return self._parts[name]
