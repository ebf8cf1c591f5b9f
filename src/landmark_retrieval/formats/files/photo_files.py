"""The photographs below a folder, each with the landmark and split its place gives it."""

from __future__ import annotations

import logging
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from landmark_retrieval.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from landmark_retrieval.images.file_tree import FileTree

logger = logging.getLogger(__name__)

SPLITS = ("train", "index", "query")
_EXTENSIONS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"})


@dataclass(frozen=True)
class Photo:
    """A photograph by its POSIX path below the root, with the landmark and split that its folder gives.

    The landmark is empty for a distractor, the split where the folder gives none.
    """

    path: str
    landmark: str
    split: str


def find_photos(files: FileTree, distractor_folders: Collection[str]) -> list[Photo]:
    """All photographs in the order of their paths; what is skipped is counted in the log.

    A landmark is a folder that directly holds pictures (by extension), named by its path below the root, or
    below `train/`, `index/` and `query/` where these exist, without a leading `landmarks/`. Folders with a
    name among `distractor_folders` hold no landmark, nor do `index/` and `query/` themselves. Links to
    folders are not followed.

    Raises:
        DataError: no photograph, a name that is not UTF-8, only some of the three split folders, a training
            photograph without a landmark.
    """
    skipped: Counter[str] = Counter()
    paths = sorted(picture_paths(files.root, skipped))
    given = _given_splits(paths)
    placed = [_place(path, distractor_folders, given) for path in paths]
    photos = [photo for photo in placed if photo is not None]
    skipped["in no landmark's folder"] = len(placed) - len(photos)
    for what, count in sorted(skipped.items()):
        if count:
            logger.warning("%s: skipped %d %s", files.root, count, what)
    if not photos:
        raise DataError(f"{files.root}: expected one folder of photographs for each landmark, found none")
    return photos


def picture_paths(root: Path, skipped: Counter[str]) -> Iterator[str]:
    """POSIX paths of the pictures below a folder, by extension; `skipped` counts what is not looked at.

    Raises:
        DataError: a name is not UTF-8.
    """
    for place, folders, names in os.walk(root):
        skipped["hidden folders"] += sum(folder.startswith(".") for folder in folders)
        skipped["links to folders"] += sum((Path(place) / folder).is_symlink() for folder in folders)
        folders[:] = [folder for folder in folders if not folder.startswith(".")]
        for name in names:
            path = Path(place, name).relative_to(root).as_posix()
            if name.startswith("."):
                skipped["hidden files"] += 1
            elif Path(name).suffix.lower() not in _EXTENSIONS:
                skipped["files that are no pictures"] += 1
            else:
                yield _checked_name(path)


def _checked_name(path: str) -> str:
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"{path!r}: expected a file name in UTF-8") from error
    return path


def _given_splits(paths: list[str]) -> bool:
    found = {path.partition("/")[0] for path in paths if "/" in path} & set(SPLITS)
    if found and found != set(SPLITS):
        missing = ", ".join(f"{split}/" for split in SPLITS if split not in found)
        raise DataError(f"expected photographs in train/, index/ and query/, found none in {missing}")
    return bool(found)


def _place(path: str, distractor_folders: Collection[str], given: bool) -> Photo | None:
    folders = list(PurePosixPath(path).parent.parts)
    split = ""
    if given:
        if not folders or folders[0] not in SPLITS:
            return None
        split = folders.pop(0)
    elif not folders:
        return None
    is_distractor = not folders or any(folder in distractor_folders for folder in folders)
    if is_distractor and split == "train":
        raise DataError(f"{path}: expected a training photograph in the folder of a landmark")
    if len(folders) > 1 and folders[0] == "landmarks":
        folders.pop(0)
    return Photo(path, "" if is_distractor else "/".join(folders), split)
