"""Embeddings that are relevant to no query, without pictures, to be appended to the index of a benchmark.

`images.csv` lists them in its column `image_id`; the embeddings themselves are read by `formats.vectors`.
"""

from __future__ import annotations

from landmark_retrieval.formats.descriptors import ID, without_pictures
from landmark_retrieval.formats.files.csv_rows import read_csv
from landmark_retrieval.formats.reading import ReadingSettings, Tables
from landmark_retrieval.formats.vectors import IMAGES
from landmark_retrieval.images.file_tree import FileTree


def read(files: FileTree, settings: ReadingSettings) -> Tables:
    """The index table of the listed images."""
    del settings
    ids = read_csv(files, IMAGES, "image_id").unique("image_id", *ID)
    return {"index_images": without_pictures(ids.to_pandas())}
