"""Google Landmarks v2: training set, index and queries with their ground truth."""

from __future__ import annotations

from landmark_retrieval.formats.gldv2_csv.images import read_index, read_queries, read_train
from landmark_retrieval.formats.gldv2_csv.landmarks import read_landmark_names
from landmark_retrieval.formats.gldv2_csv.solutions import (
    check_query_ids,
    check_solution_ids,
    read_recognition_solution,
    read_retrieval_solution,
)
from landmark_retrieval.formats.query_names import names_of_solution
from landmark_retrieval.formats.reading import ReadingSettings, Tables, inspected
from landmark_retrieval.images.file_tree import FileTree


def read(files: FileTree, settings: ReadingSettings) -> Tables:
    """All tables of GLD-v2; the lists are checked against each other before any picture is opened."""
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
        **inspected(files, images, settings),
        "retrieval_solution": retrieval,
        "recognition_solution": recognition,
        "landmark_names": names,
        "query_names": names_of_solution(recognition, names),
    }
