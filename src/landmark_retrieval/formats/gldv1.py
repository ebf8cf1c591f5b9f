"""Google Landmarks v1: one CSV, pictures in one flat folder."""

from __future__ import annotations

import pandas as pd
import pyarrow.compute as pc

from landmark_retrieval.formats.files.csv_rows import read_csv
from landmark_retrieval.formats.reading import ReadingSettings, Tables, inspected
from landmark_retrieval.images.file_tree import FileTree


def read(files: FileTree, settings: ReadingSettings) -> Tables:
    """All tables of GLD-v1."""
    return inspected(files, {"train_images": read_gldv1(files)}, settings)


def read_gldv1(files: FileTree, csv_path: str = "train.csv", folder: str = "train") -> pd.DataFrame:
    """Labelled photographs of GLD-v1: `image_id`, `path` (`<folder>/<id>.jpg`), `landmark_id`.

    The column `url` is not read; it may be the word `None`.

    Raises:
        DataError: as `read_csv`; an id empty, with a space or a slash, or occurring twice; a landmark that is
            not a whole number.
    """
    rows = read_csv(files, csv_path, "id", "landmark_id")
    ids = rows.unique("id", r"^[^\s/\\]+$", "without spaces and slashes")
    paths = pc.binary_join_element_wise(f"{folder}/", ids, ".jpg", "")
    return pd.DataFrame(
        {"image_id": ids.to_pandas(), "path": paths.to_pandas(), "landmark_id": rows.integers("landmark_id")}
    )
