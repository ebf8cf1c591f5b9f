"""Cache of finished shards of local features, for runs that were interrupted."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.storage.shard import FeatureShard
from landmark_retrieval.local_features.storage.store_files import shard_path
from landmark_retrieval.storage.atomic_write import atomic_write
from landmark_retrieval.storage.file_stamp import FileStamp

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FinishedShards:
    """A folder of shards, each with a note of what it was computed from.

    The note is written after its shard and contains its digest, so that a run may be killed at any moment. A
    replaced shard is a new file: stores that link to the old one keep it.
    """

    folder: Path

    def find(self, number: int, fingerprint: str, pictures: Sequence[Path]) -> Path | None:
        """The shard of that number if it is whole, of this fingerprint, and no picture has changed since."""
        path, note = shard_path(self.folder, number), self._note(number)
        if not note.is_file():
            return None
        try:
            saved = json.loads(note.read_text())
            reason = _misfit(saved, fingerprint, pictures)
            shard = FeatureShard.open(path)
            if not reason and not (shard.digest == saved["digest"] and shard.is_whole):
                reason = "is damaged"
        except (OSError, ValueError, KeyError, TypeError) as error:
            reason = f"cannot be read ({error})"
        if reason:
            logger.warning("%s %s and is recomputed", path, reason)
        return None if reason else path

    def leave(
        self, number: int, shard: FeatureShard, fingerprint: str, pictures: Sequence[FileStamp]
    ) -> Path:
        """Write a finished shard to the folder, created if missing; returns its path."""
        path = shard_path(self.folder, number)
        with atomic_write(path) as partial:
            shard.save(partial)
        with atomic_write(self._note(number)) as partial:
            partial.write_text(
                json.dumps({"fingerprint": fingerprint, "digest": shard.digest, "pictures": pictures})
            )
        return path

    def _note(self, number: int) -> Path:
        return shard_path(self.folder, number).with_suffix(".json")


def _misfit(saved: dict[str, Any], fingerprint: str, pictures: Sequence[Path]) -> str:
    """Why a shard is not the requested one, "" if it is."""
    if saved["fingerprint"] != fingerprint:
        return "belongs to other images or another extractor"
    stamps = [FileStamp(*stamp) for stamp in saved["pictures"]]
    if len(stamps) != len(pictures):
        raise DataError(f"it is of {len(stamps)} pictures, not {len(pictures)}")
    changed = (path for path, stamp in zip(pictures, stamps, strict=True) if not stamp.matches(path))
    first = next(changed, None)
    return "" if first is None else f"is older than the last change of {first}"
