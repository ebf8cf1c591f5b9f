"""A folder of photographs with one sub-folder per landmark, as the tables that GLD-v2 would give."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote

import numpy as np
import pandas as pd

from landmark_retrieval.errors import DataError
from landmark_retrieval.formats.files.image_rows import with_whole_boxes
from landmark_retrieval.formats.files.photo_files import SPLITS, Photo, find_photos
from landmark_retrieval.formats.photo_splits import PhotoFolderSettings, assign_splits, draw_usage
from landmark_retrieval.formats.query_names import names_of_solution
from landmark_retrieval.formats.reading import ReadingSettings, Tables, inspected
from landmark_retrieval.formats.truth_of_labels import recognition_solution, retrieval_solution
from landmark_retrieval.images.file_tree import FileTree

_UNSAFE = re.compile(r'[\s%",\x00-\x1f\x7f]')


@dataclass(frozen=True, eq=False)
class PhotoFolder:
    """The tables of a folder of photographs, those of images without `width` and `height`.

    Landmarks are numbered in the order of their names. A landmark that no training photograph shows cannot be
    recognised; its queries count as images without a landmark.
    """

    train: pd.DataFrame
    index: pd.DataFrame
    queries: pd.DataFrame
    retrieval_solution: pd.DataFrame
    recognition_solution: pd.DataFrame
    landmark_names: pd.DataFrame


def read(files: FileTree, settings: ReadingSettings) -> Tables:
    """All tables of a folder of photographs."""
    folder = read_photo_folder(files, settings.photo_folder)
    images = {"train_images": folder.train, "index_images": folder.index, "query_images": folder.queries}
    return {
        **inspected(files, images, settings),
        "retrieval_solution": folder.retrieval_solution,
        "recognition_solution": folder.recognition_solution,
        "landmark_names": folder.landmark_names,
        "query_names": names_of_solution(folder.recognition_solution, folder.landmark_names),
    }


def read_photo_folder(files: FileTree, settings: PhotoFolderSettings) -> PhotoFolder:
    """Read a folder of photographs.

    An `image_id` is the path without its extension (with it, where two pictures differ in nothing else);
    spaces, commas, quotes and percent signs are percent-encoded: submissions separate ids by spaces.

    Raises:
        DataError: as `find_photos`; two photographs with one id; a split that stays empty.
    """
    photos = find_photos(files, settings.distractor_folders)
    table = _photo_table(photos, assign_splits(photos, settings))
    parts = {split: table[table["split"] == split].reset_index(drop=True) for split in SPLITS}
    for split, part in parts.items():
        if part.empty:
            raise DataError(f"{files.root}: no photograph is left for {split} among {len(photos)}")
    train, index, query = parts["train"], parts["index"], parts["query"]
    usages = pd.Series([draw_usage(path, settings) for path in query["path"]], dtype="str")
    return PhotoFolder(
        train=train[["image_id", "path", "landmark_id"]],
        index=index[["image_id", "path"]],
        queries=with_whole_boxes(query[["image_id", "path"]]),
        retrieval_solution=retrieval_solution(query, index, usages),
        recognition_solution=recognition_solution(query, train, usages),
        landmark_names=_landmark_names(table),
    )


def _photo_table(photos: list[Photo], splits: list[str]) -> pd.DataFrame:
    names = sorted({photo.landmark for photo in photos} - {""})
    number = {name: i for i, name in enumerate(names)} | {"": -1}
    columns = {
        "image_id": image_ids_of([photo.path for photo in photos]),
        "path": [photo.path for photo in photos],
        "landmark": [photo.landmark for photo in photos],
        "split": splits,
    }
    landmark_ids = np.array([number[photo.landmark] for photo in photos], dtype=np.int64)
    return pd.DataFrame(columns, dtype="str").assign(landmark_id=landmark_ids)


def image_ids_of(paths: list[str]) -> list[str]:
    """Ids of pictures by their paths, see `read_photo_folder`.

    Raises:
        DataError: two pictures would have one id.
    """
    stems = [str(PurePosixPath(path).with_suffix("")) for path in paths]
    count = Counter(stems)
    taken: dict[str, str] = {}
    for path, stem in zip(paths, stems, strict=True):
        name = stem if count[stem] == 1 else path
        image_id = _UNSAFE.sub(lambda unsafe: quote(unsafe[0], safe=""), name)
        if image_id in taken:
            raise DataError(f"{path} and {taken[image_id]} would both be image {image_id!r}: rename one")
        taken[image_id] = path
    return list(taken)


def _landmark_names(table: pd.DataFrame) -> pd.DataFrame:
    named = table[table["landmark_id"] >= 0].drop_duplicates("landmark_id").sort_values("landmark_id")
    return named[["landmark_id", "landmark"]].rename(columns={"landmark": "name"}).reset_index(drop=True)
