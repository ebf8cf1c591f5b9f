"""Atomic writes: a file or folder appears under its name only when it is complete."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A sibling to write to, which then replaces `path`.

    After an error it is removed, together with the folders created for it. If the process is killed it
    remains under a unique name, see `remove_partials`.
    """
    path = path.resolve()
    made = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid4().hex}.partial")
    try:
        yield partial
        _replace(path, partial)
    except BaseException:
        _remove(partial)
        with suppress(OSError):
            for folder in made:
                folder.rmdir()
        raise


def remove_partials(folder: Path) -> None:
    """Remove what killed writers left in a folder that nothing else writes to at present."""
    for partial in folder.glob(".*.partial"):
        _remove(partial)


def _replace(path: Path, partial: Path) -> None:
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
