"""Where long work that was interrupted goes on."""

from __future__ import annotations

from typing import Any, NoReturn

from kedro.io import DatasetError

from landmark_retrieval.datasets.checkpoints import CheckpointsDataset


class ShardsDataset(CheckpointsDataset):
    """A folder that is loaded as its path, empty before the work has begun; its parts are the worker's."""

    def save(self, data: Any) -> NoReturn:
        """Refused.

        Raises:
            DatasetError: always.
        """
        raise DatasetError(f"{self._filepath} is written to by the work itself, not saved from a node")
