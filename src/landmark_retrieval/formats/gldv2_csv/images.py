"""Image lists of Google Landmarks v2: train, index, queries, and the cleaned training list."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from landmark_retrieval.formats.files.csv_rows import CsvRows, read_csv
from landmark_retrieval.formats.files.image_rows import with_whole_boxes

if TYPE_CHECKING:
    from landmark_retrieval.images.file_tree import FileTree

ID_PATTERN = "^[0-9a-f]{16}$"
ID_EXPECTED = "of 16 hexadecimal characters (0-9, a-f)"


def read_train(files: FileTree, csv_path: str = "train.csv", folder: str = "train") -> pd.DataFrame:
    """Labelled photographs: `image_id`, `path` (`<folder>/a/b/c/<id>.jpg`), `landmark_id`; `url` is not read.

    Raises:
        DataError: as `read_csv`; an id that is not 16 hexadecimal characters or occurs twice; a landmark that
            is not a whole number.
    """
    rows = read_csv(files, csv_path, "id", "landmark_id")
    return _images(rows, folder).assign(landmark_id=rows.integers("landmark_id"))


def read_index(files: FileTree, csv_path: str = "index.csv", folder: str = "index") -> pd.DataFrame:
    """Photographs that are searched: `image_id`, `path`; errors as `read_train`."""
    return _images(read_csv(files, csv_path, "id"), folder)


def read_queries(files: FileTree, csv_path: str = "test.csv", folder: str = "test") -> pd.DataFrame:
    """Query photographs, whole: `image_id`, `path`, a box of NaN; errors as `read_train`."""
    return with_whole_boxes(_images(read_csv(files, csv_path, "id"), folder))


def read_clean_list(files: FileTree, train: pd.DataFrame, csv_path: str = "train_clean.csv") -> pd.DataFrame:
    """The rows of `train` that the clean list keeps, in the order of `train`.

    Raises:
        DataError: as `read_csv`; an id that is not in `train`, has another landmark there, or is repeated.
    """
    rows = read_csv(files, csv_path, "landmark_id", "images")
    landmarks = rows.integers("landmark_id")
    lists = [text.split() for text in rows.text("images").to_pylist()]
    row_of = np.repeat(np.arange(len(lists)), [len(ids) for ids in lists])
    ids = pa.array(chain.from_iterable(lists), pa.large_string())
    found = pc.index_in(ids, value_set=pa.array(train["image_id"], pa.large_string()))
    positions = found.fill_null(-1).to_numpy()
    repeated = np.ones(len(ids), dtype=bool)
    repeated[np.unique(positions, return_index=True)[1]] = False
    _refuse(rows, row_of, ids, positions < 0, "images of the training set")
    _refuse(rows, row_of, ids, repeated, "each image once")
    other = train["landmark_id"].to_numpy()[positions] != landmarks[row_of]
    _refuse(rows, row_of, ids, other, "images that the training set gives the same landmark_id")
    return train.iloc[np.sort(positions)].reset_index(drop=True)


def _refuse(rows: CsvRows, row_of: np.ndarray, ids: pa.Array, wrong: np.ndarray, expected: str) -> None:
    if wrong.any():
        first = int(np.argmax(wrong))
        raise rows.error(int(row_of[first]), expected, ids[first].as_py())


def _images(rows: CsvRows, folder: str) -> pd.DataFrame:
    ids = rows.unique("id", ID_PATTERN, ID_EXPECTED)
    letters = [pc.utf8_slice_codeunits(ids, i, i + 1) for i in range(3)]
    paths = pc.binary_join_element_wise(folder, *letters, pc.binary_join_element_wise(ids, ".jpg", ""), "/")
    return pd.DataFrame({"image_id": ids.to_pandas(), "path": paths.to_pandas()})
