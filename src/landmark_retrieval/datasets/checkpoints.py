"""Where an interrupted training goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError


class CheckpointsDataset(AbstractDataset[Any, Path]):
    """A folder that is loaded as its path, empty before the first training.

    It has no versions: what another run left is what is continued. Its content is the trainer's.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> Path:
        """The folder, made where it is missing."""
        self._filepath.mkdir(parents=True, exist_ok=True)
        return self._filepath

    def save(self, data: Any) -> NoReturn:
        """Refused.

        Raises:
            DatasetError: always.
        """
        raise DatasetError(f"{self._filepath} is written to by the training, not saved from a node")

    def _exists(self) -> bool:
        return self._filepath.is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
