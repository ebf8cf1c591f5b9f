"""Lineage record of the session that wrote an artefact."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, NoReturn

from kedro.io import DatasetError, Version

from landmark_retrieval.datasets.atomic import AtomicDataset
from landmark_retrieval.manifests.lineage_records import read_record
from landmark_retrieval.manifests.origin import read_origin

logger = logging.getLogger(__name__)


class LineageRecordDataset(AtomicDataset[Any, dict[str, Any]]):
    """The record of the session that wrote an artefact: command, commit, and what was read and written.

    The key `upstream` holds the parameters of all nodes upstream of the artefact: by name, each value once.

    It has the `filepath` of the artefact and is `versioned` like it: the version that would be loaded has the
    name of the session whose record is loaded. Without a record it is empty, with a warning. `lineage` is
    `{path: folder of the records}`, a mapping so that Kedro resolves the path from the project.
    """

    def __init__(
        self,
        *,
        filepath: str,
        lineage: dict[str, str],
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(filepath=filepath, version=version, metadata=metadata)
        self._lineage = Path(lineage["path"])

    def save(self, data: Any) -> NoReturn:
        """Always raises `DatasetError`."""
        raise DatasetError(f"{self._lineage} is written to by the lineage hook, not saved from a node")

    def _read(self, path: Path) -> dict[str, Any]:
        origin = read_origin(path)
        upstream = {} if origin is None else origin.all_parameters
        record = self._lineage / f"{path.parent.name}.json"
        if not record.exists():
            logger.warning("%s has no record: %s does not exist", path, record)
            return {"upstream": upstream} if upstream else {}
        return {**read_record(record), "upstream": upstream}

    def _write(self, path: Path, data: Any) -> NoReturn:
        self.save(data)
