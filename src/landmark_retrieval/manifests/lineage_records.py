"""Lineage records: which versions of artefacts a session read and wrote."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from landmark_retrieval.errors import DataError


@dataclass(frozen=True)
class LineageSession:
    """Versions that a session read or wrote; the name of the session is the version of all it wrote.

    `status` is `running`, `succeeded` or `failed`; `named` has the parts of the path of each version, up to
    the version, and `written` or `read`.
    """

    name: str
    status: str
    env: str
    named: tuple[tuple[tuple[str, ...], str], ...]


def read_record(path: Path) -> dict[str, Any]:
    """Read a record, or raise a `DataError` if the file cannot be read or is no record."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"lineage {path}: cannot be read: {error}") from error
    if not isinstance(record, dict):
        raise DataError(f"lineage {path}: expected an object, found {type(record).__name__}")
    for key, kind in {"session": str, "status": str, "datasets": list}.items():
        if not isinstance(record.get(key), kind):
            found = f"{record.get(key)!r:.60}"
            raise DataError(f"lineage {path}: expected {key} as {kind.__name__}, found {found}")
    return record


def read_session(path: Path) -> LineageSession:
    """Read the versions named by a record.

    Raises:
        DataError: as `read_record`, or an entry lacks its path, version or nodes.
    """
    record = read_record(path)
    entries = enumerate(record["datasets"])
    named = [entry for number, dataset in entries for entry in _named(path, number, dataset)]
    return LineageSession(record["session"], record["status"], str(record.get("env") or ""), tuple(named))


def read_sessions(folder: Path) -> list[LineageSession]:
    """Every record of a folder, the newest session first; errors as `read_session`."""
    sessions = [read_session(path) for path in sorted(folder.glob("*.json"))]
    return sorted(sessions, key=lambda session: session.name, reverse=True)


def newest_succeeded(sessions: Iterable[LineageSession], n: int) -> list[LineageSession]:
    """The `n` newest sessions that succeeded."""
    succeeded = [session for session in sessions if session.status == "succeeded"]
    return sorted(succeeded, key=lambda session: session.name, reverse=True)[:n]


def _named(path: Path, number: int, dataset: Any) -> list[tuple[tuple[str, ...], str]]:
    try:
        where, version = dataset["path"], dataset["version"]
        how = ["written"] * bool(dataset["written_by"]) + ["read"] * bool(dataset["read_by"])
        if where is None or version is None:
            return []
        parts = PurePosixPath(where).parts
    except (KeyError, TypeError) as error:
        expected = "path, version, written_by and read_by"
        raise DataError(f"lineage {path}: entry {number} of datasets: expected {expected}") from error
    if version in parts:
        parts = parts[: parts.index(version)]
    return [((*parts, version), kind) for kind in how]
