"""A folder of photographs that are relevant to no query, to be appended to the index of a benchmark."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from landmark_retrieval.errors import DataError
from landmark_retrieval.formats.files.photo_files import picture_paths
from landmark_retrieval.formats.photo_folder import image_ids_of
from landmark_retrieval.formats.reading import ReadingSettings, Tables, inspected
from landmark_retrieval.images.file_tree import FileTree


def read(files: FileTree, settings: ReadingSettings) -> Tables:
    """The index table of all pictures below the folder.

    Raises:
        DataError: there is no picture, or two would have one id.
    """
    paths = sorted(picture_paths(files.root, Counter()))
    if not paths:
        raise DataError(f"{files.root}: expected photographs, found none")
    images = pd.DataFrame({"image_id": image_ids_of(paths), "path": paths}, dtype="str")
    return inspected(files, {"index_images": images}, settings)
