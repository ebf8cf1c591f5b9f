"""A folder of photographs with one sub-folder per landmark, as the tables that GLD-v2 would give."""

from __future__ import annotations

import logging
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
from landmark_retrieval.formats.reading import ReadingSettings, Tables
from landmark_retrieval.formats.truth_of_labels import recognition_solution, retrieval_solution
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.images.inspection import Inspection, inspect_images
from landmark_retrieval.near_duplicates.copies import CopySettings, group_copies

logger = logging.getLogger(__name__)

_UNSAFE = re.compile(r'[\s%",\x00-\x1f\x7f]')


@dataclass(frozen=True, eq=False)
class PhotoFolder:
    """The tables of a folder of photographs, those of images without `width` and `height`.

    Landmarks are numbered in the order of their names. A landmark that no training photograph shows cannot be
    recognised; its queries count as images without a landmark. `inspection` is of all pictures, with `photos`
    as their split.
    """

    train: pd.DataFrame
    index: pd.DataFrame
    queries: pd.DataFrame
    retrieval_solution: pd.DataFrame
    recognition_solution: pd.DataFrame
    landmark_names: pd.DataFrame
    inspection: Inspection


def read(files: FileTree, settings: ReadingSettings) -> Tables:
    """All tables of a folder of photographs."""
    folder = read_photo_folder(files, settings.photo_folder, settings.workers)
    images = {"train": folder.train, "index": folder.index, "query": folder.queries}
    sizes = folder.inspection.readable[["image_id", "width", "height"]]
    return {
        **{f"{split}_images": table.merge(sizes, on="image_id") for split, table in images.items()},
        "damaged_images": _by_split(folder.inspection.damaged, images),
        "image_hashes": _by_split(folder.inspection.hashes, images),
        "retrieval_solution": folder.retrieval_solution,
        "recognition_solution": folder.recognition_solution,
        "landmark_names": folder.landmark_names,
        "query_names": names_of_solution(folder.recognition_solution, folder.landmark_names),
    }


def read_photo_folder(files: FileTree, settings: PhotoFolderSettings, workers: int = 1) -> PhotoFolder:
    """Read a folder of photographs; each picture is decoded once, in `workers` threads.

    An `image_id` is the path without its extension (with it, where two pictures differ in nothing else);
    spaces, commas, quotes and percent signs are percent-encoded: submissions separate ids by spaces.

    Raises:
        DataError: as `find_photos`; two photographs with one id; a split that stays empty.
    """
    photos = find_photos(files, settings.distractor_folders)
    table = _photo_table(photos)
    inspection = inspect_images(files, table[["image_id", "path"]], "photos", workers)
    table["group"] = _copy_groups(table, inspection, settings.copies)
    table["split"] = pd.array(assign_splits(photos, table["group"].tolist(), settings), dtype="str")
    _report_copies(files, table)
    parts = {split: table[table["split"] == split].reset_index(drop=True) for split in SPLITS}
    for split, part in parts.items():
        if part.empty:
            among = f"{len(photos)} in {table['group'].nunique()} groups of copies"
            raise DataError(f"{files.root}: no photograph is left for {split} among {among}")
    train, index, query = parts["train"], parts["index"], parts["query"]
    usages = pd.Series([draw_usage(group, settings) for group in query["group"]], dtype="str")
    return PhotoFolder(
        train=train[["image_id", "path", "landmark_id"]],
        index=index[["image_id", "path"]],
        queries=with_whole_boxes(query[["image_id", "path"]]),
        retrieval_solution=retrieval_solution(query, index, usages),
        recognition_solution=recognition_solution(query, train, usages),
        landmark_names=_landmark_names(table),
        inspection=inspection,
    )


def _photo_table(photos: list[Photo]) -> pd.DataFrame:
    names = sorted({photo.landmark for photo in photos} - {""})
    number = {name: i for i, name in enumerate(names)} | {"": -1}
    columns = {
        "image_id": image_ids_of([photo.path for photo in photos]),
        "path": [photo.path for photo in photos],
        "landmark": [photo.landmark for photo in photos],
    }
    landmark_ids = np.array([number[photo.landmark] for photo in photos], dtype=np.int64)
    return pd.DataFrame(columns, dtype="str").assign(landmark_id=landmark_ids)


def _copy_groups(table: pd.DataFrame, inspection: Inspection, settings: CopySettings) -> pd.Series:
    """The smallest path among the copies of each photograph; one that cannot be read has none but itself."""
    hashes = inspection.hashes
    number = pd.Series(group_copies(hashes, settings), index=hashes["image_id"].to_numpy())
    numbers = table["image_id"].map(number)
    named = table["path"].groupby(numbers).transform("min")
    return named.where(numbers.notna(), table["path"])


def _report_copies(files: FileTree, table: pd.DataFrame) -> None:
    groups = table.groupby("group")
    several = groups["split"].transform("nunique") > 1
    if several.any():
        n, crossing = int(several.sum()), table.loc[several, "group"].nunique()
        logger.warning(
            "%s: %d of %d photographs have a copy in another split of the folder (%d groups of copies)",
            files.root, n, len(table), crossing,
        )  # fmt: skip
        return
    copies = int((groups["path"].transform("size") > 1).sum())
    logger.info(
        "%s: %d photographs, %d of them with a copy; %d groups, %d of them in folders of several landmarks",
        files.root, len(table), copies, groups.ngroups, int((groups["landmark"].nunique() > 1).sum()),
    )  # fmt: skip


def _by_split(table: pd.DataFrame, images: Tables) -> pd.DataFrame:
    """Rows of an inspection with their splits, in the order of these."""
    split = pd.concat([t["image_id"].to_frame().assign(split=name) for name, t in images.items()])
    numbered = split.assign(order=np.arange(len(split)))
    joined = table.drop(columns="split").merge(numbered, on="image_id").sort_values("order")
    return joined.reset_index(drop=True)[table.columns].astype({"split": "str"})


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
