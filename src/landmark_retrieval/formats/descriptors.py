"""Embeddings with a label table and no pictures.

`images.csv` lists every image: `image_id`, `split` (train, index or query) and `landmark_id`, empty for an
index or query image that shows no landmark. Ground truth follows from the labels, or is a
`retrieval_solution.csv` in the form of GLD-v2. The embeddings themselves are read by `formats.vectors`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from landmark_retrieval.errors import DataError
from landmark_retrieval.formats.files.csv_rows import read_csv
from landmark_retrieval.formats.files.image_rows import with_whole_boxes
from landmark_retrieval.formats.files.photo_files import SPLITS
from landmark_retrieval.formats.gldv2_csv.solutions import check_solution_ids, read_retrieval_solution
from landmark_retrieval.formats.reading import ReadingSettings, Tables
from landmark_retrieval.formats.truth_of_labels import recognition_solution, retrieval_solution
from landmark_retrieval.formats.vectors import IMAGES
from landmark_retrieval.images.file_tree import FileTree

_SOLUTION = "retrieval_solution.csv"
ID = (r"^\S+$", "an id without spaces")


def read(files: FileTree, settings: ReadingSettings) -> Tables:
    """Image tables of all splits, without pictures, and the ground truth.

    Raises:
        DataError: a column or split is missing, an id is repeated, a training image has no landmark, or the
            solution names an image that is not listed.
    """
    del settings
    images = _read_images(files)
    train, index, query = (images[images["split"] == split].reset_index(drop=True) for split in SPLITS)
    for split, part in (("index", index), ("query", query)):
        if part.empty:
            raise DataError(f"{files.path(IMAGES)}: expected images of split {split!r}, found none")
    usages = pd.Series("Private", query.index, dtype="str")
    retrieval = retrieval_solution(query, index, usages)
    if files.path(_SOLUTION).is_file():
        retrieval = read_retrieval_solution(files, _SOLUTION, ID)
        check_solution_ids(retrieval, query, index)
    if not retrieval["relevant"].map(len).any():
        raise DataError(f"{files.path(IMAGES)}: no query has the landmark of an index image")
    return {
        "train_images": without_pictures(train["image_id"]).assign(landmark_id=train["landmark_id"]),
        "index_images": without_pictures(index["image_id"]),
        "query_images": with_whole_boxes(without_pictures(query["image_id"])),
        "retrieval_solution": retrieval,
        "recognition_solution": recognition_solution(query, train, usages),
    }


def without_pictures(image_ids: pd.Series) -> pd.DataFrame:
    """Rows of an image table whose images have no picture: an empty path, and sides of 0 pixels."""
    table = pd.DataFrame({"image_id": image_ids.to_numpy(), "path": ""}, dtype="str")
    return table.assign(width=np.int64(0), height=np.int64(0))


def _read_images(files: FileTree) -> pd.DataFrame:
    rows = read_csv(files, IMAGES, "image_id", "split", "landmark_id")
    splits = rows.matching("split", f"^({'|'.join(SPLITS)})$", "one of train, index and query")
    labels = rows.matching("landmark_id", "^[0-9]{0,18}$", "a whole number, or nothing")
    table = pd.DataFrame(
        {
            "image_id": rows.unique("image_id", *ID).to_pylist(),
            "split": splits.to_pylist(),
            "landmark_id": [int(label or -1) for label in labels.to_pylist()],
        }
    ).astype({"image_id": "str", "split": "str", "landmark_id": "int64"})
    unlabelled = np.flatnonzero((table["split"] == "train") & (table["landmark_id"] < 0))
    if len(unlabelled):
        raise rows.error(int(unlabelled[0]), "landmark_id a whole number for a training image", "")
    return table
