"""Nodes that read a source: its lists, then every picture once."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from pydantic import Field

from landmark_retrieval.configuration import Settings
from landmark_retrieval.formats.gldv1 import read_gldv1 as read_gldv1_list
from landmark_retrieval.formats.gldv2 import read_index, read_queries, read_train
from landmark_retrieval.formats.gldv2_landmarks import read_landmark_names
from landmark_retrieval.formats.gldv2_solutions import (
    check_query_ids,
    check_solution_ids,
    read_recognition_solution,
    read_retrieval_solution,
)
from landmark_retrieval.formats.photo_folder import PhotoFolderSettings, read_photo_folder
from landmark_retrieval.formats.query_names import names_of_solution, read_query_names
from landmark_retrieval.formats.revisited import check_boxes, find_release, read_revisited
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.images.inspection import inspect_images

Tables = dict[str, pd.DataFrame]

_TRAIN = ("train_images", "damaged_images", "image_hashes")
_BENCHMARK = ("index_images", "query_images", "damaged_images", "image_hashes")
_SOLUTIONS = ("retrieval_solution", "recognition_solution", "landmark_names", "query_names")


class ReadingSettings(Settings):
    """How sources are read."""

    workers: int = Field(ge=1, description="threads that decode pictures")
    photo_folder: PhotoFolderSettings


def gldv1(files: FileTree, settings: ReadingSettings) -> Tables:
    """Google Landmarks v1: a training set."""
    return _inspected(files, {"train_images": read_gldv1_list(files)}, settings)


def gldv2(files: FileTree, settings: ReadingSettings) -> Tables:
    """Google Landmarks v2: training set, index, queries and their ground truth."""
    images = {
        "train_images": read_train(files),
        "index_images": read_index(files),
        "query_images": read_queries(files),
    }
    retrieval, recognition = read_retrieval_solution(files), read_recognition_solution(files)
    names = read_landmark_names(files)
    check_solution_ids(retrieval, images["query_images"], images["index_images"])
    check_query_ids(recognition, images["query_images"])
    return {
        **_inspected(files, images, settings),
        "retrieval_solution": retrieval,
        "recognition_solution": recognition,
        "landmark_names": names,
        "query_names": names_of_solution(recognition, names),
    }


def revisited(files: FileTree, settings: ReadingSettings) -> Tables:
    """A benchmark of the revisited Oxford and Paris kind: index, boxed queries and graded ground truth."""
    index, queries, relevance = read_revisited(files, find_release(files))
    tables = _inspected(files, {"index_images": index, "query_images": queries}, settings)
    check_boxes(tables["query_images"])
    return {**tables, "relevance": relevance, "query_names": read_query_names(files, queries)}


def photo_folder(files: FileTree, settings: ReadingSettings) -> Tables:
    """A folder with one sub-folder per landmark: training set, index, queries and their ground truth."""
    folder = read_photo_folder(files, settings.photo_folder)
    images = {"train_images": folder.train, "index_images": folder.index, "query_images": folder.queries}
    return {
        **_inspected(files, images, settings),
        "retrieval_solution": folder.retrieval_solution,
        "recognition_solution": folder.recognition_solution,
        "landmark_names": folder.landmark_names,
        "query_names": names_of_solution(folder.recognition_solution, folder.landmark_names),
    }


def _inspected(files: FileTree, tables: Tables, settings: ReadingSettings) -> Tables:
    """Sizes and hashes for every readable picture; the others go to `damaged_images`."""
    damaged, hashes = [], []
    for name, table in tables.items():
        inspection = inspect_images(files, table, name.removesuffix("_images"), settings.workers)
        tables[name] = inspection.readable
        damaged.append(inspection.damaged)
        hashes.append(inspection.hashes)
    return {
        **tables,
        "damaged_images": pd.concat(damaged, ignore_index=True),
        "image_hashes": pd.concat(hashes, ignore_index=True),
    }


READERS: dict[str, tuple[Callable[[FileTree, ReadingSettings], Tables], tuple[str, ...]]] = {
    "gldv1": (gldv1, _TRAIN),
    "gldv2": (gldv2, ("train_images", *_BENCHMARK, *_SOLUTIONS)),
    "revisited": (revisited, (*_BENCHMARK, "relevance", "query_names")),
    "photo_folder": (photo_folder, ("train_images", *_BENCHMARK, *_SOLUTIONS)),
}
"""Node function and the tables it makes, by format."""
