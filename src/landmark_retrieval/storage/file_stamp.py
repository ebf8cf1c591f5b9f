"""Stamps of files: whether a file is still the one that was read."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple


class FileStamp(NamedTuple):
    """A file's content, with times by which a change can usually be ruled out without reading it.

    Attributes:
        size: bytes.
        modified: time of the last change of the content, in nanoseconds.
        changed: time of the last change of content or attributes, which programs cannot set, in nanoseconds.
        sha256: of the content, in hex.
    """

    size: int
    modified: int
    changed: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> FileStamp:
        """The stamp of a file, which is read."""
        about = path.stat()
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        return cls(about.st_size, about.st_mtime_ns, about.st_ctime_ns, digest.hexdigest())

    def matches(self, path: Path) -> bool:
        """Whether the file has the same content; it is read only if its times differ (a copy)."""
        try:
            about = path.stat()
            if about.st_size != self.size:
                return False
            times = about.st_mtime_ns, about.st_ctime_ns
            return times == (self.modified, self.changed) or FileStamp.of(path).sha256 == self.sha256
        except OSError:
            return False


UNKNOWN = FileStamp(-1, 0, 0, "")
"""Matches no file."""
