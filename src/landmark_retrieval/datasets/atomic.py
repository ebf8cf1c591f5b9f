"""Base of the datasets that are saved atomically."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path, PurePosixPath
from typing import Any, Literal, TypeVar

from kedro.io import AbstractVersionedDataset, DatasetError, Version

from landmark_retrieval.storage.atomic_write import atomic_write

_In = TypeVar("_In")
_Out = TypeVar("_Out")


class AtomicDataset(AbstractVersionedDataset[_In, _Out]):
    """A file or folder that appears under its name, or as a version, only when it is complete.

    Kedro's own file datasets write in place: an interrupted save leaves half a file, which then counts as the
    newest version.
    """

    missing = "run the pipeline that makes it"

    def __init__(
        self, *, filepath: str, version: Version | None = None, metadata: dict[str, Any] | None = None
    ) -> None:
        super().__init__(PurePosixPath(filepath), version)
        self.metadata = metadata

    def load(self) -> _Out:
        """The file or folder, read; `DatasetError` if it does not exist or cannot be read."""
        path = Path(self._get_load_path())
        if not path.exists():
            raise DatasetError(f"{path} does not exist: {self.missing}")
        return self._read(path)

    def save(self, data: _In) -> None:
        """Write to a sibling, which replaces the file or folder; after a `DatasetError` that is unchanged."""
        with atomic_write(Path(self._get_save_path())) as partial:
            self._write(partial, data)

    @abstractmethod
    def _read(self, path: Path) -> _Out: ...

    @abstractmethod
    def _write(self, path: Path, data: _In) -> None: ...

    def _exists(self) -> bool:
        return Path(self._get_load_path()).exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath, "version": self._version}


class FloatDataset(AtomicDataset[_In, _Out]):
    """Floats that are stored as float32 or rounded to float16."""

    def __init__(
        self,
        *,
        filepath: str,
        dtype: Literal["float32", "float16"] = "float32",
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(filepath=filepath, version=version, metadata=metadata)
        if dtype not in ("float32", "float16"):
            raise ValueError(f"{filepath}: expected dtype float32 or float16, found {dtype!r}")
        self._dtype = dtype

    def _describe(self) -> dict[str, Any]:
        return {**super()._describe(), "dtype": self._dtype}
