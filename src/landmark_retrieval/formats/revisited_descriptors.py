"""Embeddings beside the ground truth of revisited Oxford or Paris, without pictures."""

from __future__ import annotations

from landmark_retrieval.formats.descriptors import without_pictures
from landmark_retrieval.formats.reading import ReadingSettings, Tables
from landmark_retrieval.formats.revisited import find_release, read_revisited
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.tables.sources import BOX


def read(files: FileTree, settings: ReadingSettings) -> Tables:
    """Image tables and grades of the one `gnd_<name>.pkl`; the embeddings are read by `formats.vectors`."""
    del settings
    index, queries, relevance = read_revisited(files, find_release(files))
    return {
        "index_images": without_pictures(index["image_id"]),
        "query_images": without_pictures(queries["image_id"]).join(queries[BOX]),
        "relevance": relevance,
    }
