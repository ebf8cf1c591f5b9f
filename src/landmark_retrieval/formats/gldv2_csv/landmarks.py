"""Landmark names of Google Landmarks v2."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

import pandas as pd

from landmark_retrieval.formats.files.csv_rows import read_csv

if TYPE_CHECKING:
    from landmark_retrieval.images.file_tree import FileTree


def read_landmark_names(files: FileTree, csv_path: str = "train_label_to_category.csv") -> pd.DataFrame:
    """Readable names from the Wikimedia categories, a table of `tables.LandmarkNames`.

    `http://commons.wikimedia.org/wiki/Category:Sacr%C3%A9-C%C5%93ur_(Paris)` becomes `Sacré-Cœur (Paris)`.

    Raises:
        DataError: as `read_csv`; a landmark that is not a whole number or occurs twice; an empty category.
    """
    rows = read_csv(files, csv_path, "landmark_id", "category")
    rows.unique("landmark_id", "^[0-9]{1,18}$", "a whole number")
    categories = rows.matching("category", ".", "the address of a category").to_pylist()
    names = pd.Series([_readable(category) for category in categories], dtype="str")
    return pd.DataFrame({"landmark_id": rows.integers("landmark_id"), "name": names})


def _readable(category: str) -> str:
    last = category.rpartition("/")[2] if "Category:" not in category else category.partition("Category:")[2]
    return unquote(last).replace("_", " ").strip()
