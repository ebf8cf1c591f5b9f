"""Versions of artefacts on disk: which exist, which sessions name them, and which can be removed."""

from __future__ import annotations

import logging
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from landmark_retrieval.errors import DataError
from landmark_retrieval.manifests.lineage_records import LineageSession

logger = logging.getLogger(__name__)

_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}\.\d{2}\.\d{2}\.\d{3}Z")
_LAYER = re.compile(r"(?!01_)\d{2}_\w+")  # raw files have no versions, and there are millions of them
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Build:
    """One version of one artefact: `<root>/<layer>/…/<name>/<version>/<name>`.

    Attributes:
        dataset: name in the catalog, or its path if the catalog does not know it.
        root: data folder of its environment, without links.
        folder: of the version.
    """

    dataset: str
    root: Path
    folder: Path

    @property
    def version(self) -> str:
        """When the session began that wrote it: its id."""
        return self.folder.name

    @property
    def path(self) -> Path:
        """The file or folder itself."""
        return self.folder / self.folder.parent.name

    @property
    def complete(self) -> bool:
        """Whether it was saved completely."""
        return self.path.exists()

    def files(self) -> Iterator[os.stat_result]:
        """`lstat` of each file, of links themselves."""
        for folder, _, names in os.walk(self.folder):
            for name in names:
                yield (Path(folder) / name).lstat()

    def named_by(self, parts: tuple[str, ...]) -> bool:
        """Whether a path in a record, up to the version, is that of this build.

        The record may come from another disk or folder: only what both paths have in common must agree.
        """
        mine = self.folder.relative_to(self.root).parts
        if len(parts) >= len(mine):
            return parts[-len(mine) :] == mine
        return len(parts) > 1 and self.folder.parts[-len(parts) :] == parts


class DatasetNames:
    """Names of datasets by their paths, from the catalog; relative paths are in `project`."""

    def __init__(self, catalog: Mapping[str, Any], project: Path) -> None:
        paths = {
            name: (project / entry["filepath"]).as_posix()
            for name, entry in catalog.items()
            if isinstance(entry, Mapping) and "filepath" in entry
        }
        paths = {n: p for n, p in paths.items() if _placeholders(n) <= _placeholders(p)}
        # of two patterns that fit, the more specific one is meant
        self._patterns = sorted(paths.items(), key=lambda item: -len(_PLACEHOLDER.sub("", item[1])))

    def of(self, path: Path, root: Path) -> str:
        """Name of the dataset whose versions lie in `path`."""
        for name, pattern in self._patterns:
            if found := re.fullmatch(_as_regex(pattern), path.as_posix()):
                return name.format_map(found.groupdict())
        return path.relative_to(root).as_posix()


def _placeholders(pattern: str) -> set[str]:
    return set(_PLACEHOLDER.findall(pattern))


def _as_regex(pattern: str) -> str:
    """One group for each placeholder; where it comes again, it must be the same."""
    regex = re.escape(pattern).replace(r"\{", "{").replace(r"\}", "}")
    for name in _placeholders(pattern):
        regex = regex.replace(f"{{{name}}}", f"(?P<{name}>[^/]+)", 1).replace(f"{{{name}}}", f"(?P={name})")
    return regex


def find_builds(root: Path, names: DatasetNames, name: str = "") -> list[Build]:
    """Every build below a data folder, except the raw files, by dataset, the newest first.

    Links are not followed, and a folder that holds anything but a version is none. `name` is a dataset, or
    the part before a dot in the names of several; all by default.
    """
    resolved = root.resolve()
    folders = [folder for layer in _layers(resolved) for folder in _version_folders(layer)]
    found = [Build(names.of(root / f.parent.relative_to(resolved), root), resolved, f) for f in folders]
    wanted = [b for b in found if not name or b.dataset == name or b.dataset.startswith(f"{name}.")]
    return sorted(sorted(wanted, key=lambda b: b.version, reverse=True), key=lambda b: b.dataset)


def _layers(root: Path) -> list[Path]:
    if not root.is_dir():
        raise DataError(f"{root}: expected a data folder, found none")
    return sorted(p for p in root.iterdir() if _LAYER.fullmatch(p.name) and p.is_dir() and not p.is_symlink())


def _version_folders(layer: Path) -> Iterator[Path]:
    for folder, folders, _ in os.walk(layer):
        here = Path(folder)
        versions = sorted(name for name in folders if _VERSION.fullmatch(name))
        folders[:] = sorted(set(folders) - set(versions))
        for version in versions:
            if _is_version(here / version):
                yield here / version
            else:
                logger.warning("%s is skipped: it is a link or contains something else", here / version)


def _is_version(folder: Path) -> bool:
    name = folder.parent.name
    if folder.is_symlink():
        return False
    return all(p.name == name or p.name.startswith(f".{name}.") for p in folder.iterdir())


def removable(
    builds: Iterable[Build], sessions: Iterable[LineageSession], kept: Iterable[LineageSession], keep: int
) -> list[Build]:
    """Builds that are not needed any more.

    Kept are the `keep` newest complete versions of each dataset and everything newer, whatever a `kept`
    session read or wrote, and everything written by one of the `sessions` that is still running. The newest
    build of a dataset comes first.
    """
    running = {session.name for session in sessions if session.status == "running"}
    named = Named(kept)
    complete: dict[tuple[Path, str], int] = {}
    gone = []
    for build in builds:
        dataset = (build.root, build.folder.parent.as_posix())
        newer = complete.get(dataset, 0)
        complete[dataset] = newer + build.complete
        if newer >= keep and build.version not in running and not named.of(build):
            gone.append(build)
    return gone


class Named:
    """Index of the sessions that read or wrote each build."""

    def __init__(self, sessions: Iterable[LineageSession]) -> None:
        self._entries: dict[tuple[str, ...], list[tuple[tuple[str, ...], str, str]]] = {}
        for session in sessions:
            for parts, how in session.named:
                self._entries.setdefault(parts[-2:], []).append((parts, how, session.name))

    def of(self, build: Build) -> list[tuple[str, str]]:
        """`written` or `read`, and the session, in the order of the sessions."""
        entries = self._entries.get(build.folder.parts[-2:], [])
        found = ((how, session) for parts, how, session in entries if build.named_by(parts))
        return list(dict.fromkeys(found))


def freed_bytes(builds: Iterable[Build]) -> int:
    """Bytes that removing these builds frees; a file linked from elsewhere frees nothing."""
    files: dict[tuple[int, int], tuple[os.stat_result, int]] = {}
    for build in builds:
        for stat in build.files():
            _, seen = files.get((stat.st_dev, stat.st_ino), (stat, 0))
            files[stat.st_dev, stat.st_ino] = stat, seen + 1
    return sum(stat.st_size for stat, seen in files.values() if seen == stat.st_nlink)


def remove(build: Build) -> None:
    """Delete a version; if interrupted, what is left is not taken for a complete version.

    Raises:
        DataError: the folder is no version below its root any more.
    """
    folder = build.folder
    inside = folder.resolve() == folder and folder.is_relative_to(build.root)
    if not (inside and _VERSION.fullmatch(folder.name) and folder.is_dir() and _is_version(folder)):
        raise DataError(f"{folder}: expected a version below {build.root}; nothing was removed")
    if build.complete:
        build.path.rename(folder / f".{build.path.name}.{uuid4().hex}.removed")
    shutil.rmtree(folder)
