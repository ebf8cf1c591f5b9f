"""Files of datasets and their fingerprints."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from kedro.io import AbstractVersionedDataset

logger = logging.getLogger(__name__)


def locate(dataset: Any, *, saved: bool) -> tuple[Path | None, str | None]:
    """Path and version of what was just saved to a dataset, or else of what is loaded from it.

    Both are None for datasets in memory.
    """
    filepath = getattr(dataset, "_filepath", None)
    if filepath is None:
        return None, None
    if not isinstance(dataset, AbstractVersionedDataset):
        return Path(filepath), None
    version = dataset.resolve_save_version() if saved else dataset.resolve_load_version()
    return Path(dataset._get_versioned_path(version) if version else filepath), version


@dataclass(frozen=True)
class Fingerprint:
    """SHA-256 of an artefact.

    Attributes:
        sha256: hexadecimal; that of a folder is made from the names and the SHA-256 of its files. None where
            there is nothing or too much of it.
        sha256_of: what was hashed.
        bytes: of all files.
        files: their number.
    """

    sha256: str | None
    sha256_of: Literal["content", "names and sizes", "nothing"]
    bytes: int | None
    files: int | None


_NOTHING = Fingerprint(None, "nothing", None, None)


class Fingerprints:
    """Fingerprints of a run's artefacts, each computed once unless it was saved again.

    Folders of too many files are not hashed at all: looking at millions of photographs takes minutes, and the
    tables made from them hold their names anyway.
    """

    def __init__(self, content_limit_bytes: int, names_limit_files: int) -> None:
        self._content_limit, self._names_limit = content_limit_bytes, names_limit_files
        self._known: dict[Path, Fingerprint] = {}
        self._lock = Lock()

    def of(self, path: Path, *, changed: bool) -> Fingerprint:
        """Fingerprint of a file or folder; `changed` when it was just written."""
        with self._lock:
            known = None if changed else self._known.get(path)
        if known is None:
            try:
                known = self._compute(path)
            except OSError as error:  # a record is no reason to lose the work
                logger.warning("%s has no fingerprint: %s", path, error)
                known = _NOTHING
            with self._lock:
                self._known[path] = known
        return known

    def _compute(self, path: Path) -> Fingerprint:
        names, total, count = hashlib.sha256(), 0, 0
        for file, name in _files(path):
            size = file.stat().st_size
            names.update(f"{name}\0{size}\n".encode())
            total, count = total + size, count + 1
            if count > self._names_limit:
                return _NOTHING
        if not path.exists():
            return _NOTHING
        if total > self._content_limit:
            return Fingerprint(names.hexdigest(), "names and sizes", total, count)
        return Fingerprint(_content(path), "content", total, count)


def _content(path: Path) -> str:
    if path.is_file():
        return _sha256(path)
    folder = hashlib.sha256()
    for file, name in _files(path):
        folder.update(f"{name}\0{_sha256(file)}\n".encode())
    return folder.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(path: Path) -> Iterator[tuple[Path, str]]:
    """Files and their names below `path`, in one order on every disk."""
    if path.is_file():
        yield path, path.name
    for folder, folders, files in os.walk(path):
        folders.sort()
        for name in sorted(files):
            file = Path(folder) / name
            yield file, file.relative_to(path).as_posix()
