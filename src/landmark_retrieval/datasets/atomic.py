"""What is saved under its name is complete."""

from __future__ import annotations

import shutil
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar
from uuid import uuid4

from kedro.io import AbstractVersionedDataset, DatasetError, Version

_In = TypeVar("_In")
_Out = TypeVar("_Out")


class WholeDataset(AbstractVersionedDataset[_In, _Out]):
    """A file or folder that appears under its name, or as a version, only once all of it is written.

    Kedro's own file datasets write in place: an interrupted save leaves a half file, which then counts as the
    newest version.
    """

    missing = "run the pipeline that makes it"

    def __init__(
        self, *, filepath: str, version: Version | None = None, metadata: dict[str, Any] | None = None
    ) -> None:
        super().__init__(PurePosixPath(filepath), version)
        self.metadata = metadata

    def load(self) -> _Out:
        """What lies under the name.

        Raises:
            DatasetError: nothing lies there, or it cannot be read.
        """
        path = Path(self._get_load_path())
        if not path.exists():
            raise DatasetError(f"{path} does not exist: {self.missing}")
        return self._read(path)

    def save(self, data: _In) -> None:
        """Write all of `data`, then give it the name.

        Raises:
            DatasetError: `data` could not be written; what lay under the name is untouched.
        """
        with written_whole(Path(self._get_save_path())) as partial:
            self._write(partial, data)

    @abstractmethod
    def _read(self, path: Path) -> _Out: ...

    @abstractmethod
    def _write(self, path: Path, data: _In) -> None: ...

    def _exists(self) -> bool:
        return Path(self._get_load_path()).exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath, "version": self._version}


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A sibling to write to; it becomes `path`, or vanishes together with the folders made for it."""
    path = path.resolve()
    made = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid4().hex}.partial")
    try:
        yield partial
        _take_place(partial, path)
    except BaseException:
        _remove(partial)
        with suppress(OSError):
            for folder in made:
                folder.rmdir()
        raise


def _take_place(partial: Path, path: Path) -> None:
    if not path.is_dir():
        partial.replace(path)
        return
    old = partial.with_suffix(".old")
    path.rename(old)
    try:
        partial.rename(path)
    except OSError:
        old.rename(path)
        raise
    _remove(old)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
