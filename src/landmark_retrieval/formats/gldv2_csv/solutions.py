"""Ground truth of Google Landmarks v2, in the form of release 2.1."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from landmark_retrieval.errors import DataError
from landmark_retrieval.formats.files.csv_rows import CsvRows, read_csv
from landmark_retrieval.formats.gldv2_csv.images import ID_EXPECTED, ID_PATTERN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from landmark_retrieval.images.file_tree import FileTree

_USAGE_PATTERN = "^(Public|Private|Ignored)$"
_USAGE_EXPECTED = "Public, Private or Ignored"
_NAMED_IDS = 5


def read_retrieval_solution(
    files: FileTree,
    csv_path: str = "retrieval_solution_v2.1.csv",
    ids: tuple[str, str] = (ID_PATTERN, ID_EXPECTED),
) -> pd.DataFrame:
    """Relevant index images of each query, a table of `tables.RetrievalSolution`.

    A query that was skipped has Usage `Ignored` and images `None`; its list is empty. `ids` is the regular
    expression of query ids, and what it means.

    Raises:
        DataError: as `read_csv`; a malformed or repeated query id, an unknown Usage, a scored query without
            relevant images, an image twice in one list.
    """
    rows = read_csv(files, csv_path, "id", "images", "Usage")
    solution = _queries(rows, ids)
    lists = _lists(rows, "images")
    for row, (usage, relevant) in enumerate(zip(solution["usage"], lists, strict=True)):
        if usage != "Ignored" and not relevant:
            raise rows.error(row, f"relevant images of a {usage} query", rows.text("images")[row].as_py())
        if len(set(relevant)) < len(relevant):
            raise rows.error(row, "each relevant image once", " ".join(relevant))
    return solution.assign(relevant=pd.Series(lists, dtype=object))


def read_recognition_solution(
    files: FileTree, csv_path: str = "recognition_solution_v2.1.csv"
) -> pd.DataFrame:
    """Landmarks of each query, a table of `tables.RecognitionSolution`; none for an image without a landmark.

    Raises:
        DataError: as `read_csv`; a malformed or repeated query id, an unknown Usage, a landmark that is not a
            whole number.
    """
    rows = read_csv(files, csv_path, "id", "landmarks", "Usage")
    solution = _queries(rows, (ID_PATTERN, ID_EXPECTED))
    rows.matching("landmarks", r"^((\d{1,18}\s+)*\d{1,18}|None|)$", "whole numbers separated by spaces")
    lists = [np.array(landmarks, dtype=np.int64) for landmarks in _lists(rows, "landmarks")]
    return solution.assign(landmark_ids=pd.Series(lists, dtype=object))


def check_solution_ids(solution: pd.DataFrame, queries: pd.DataFrame, index: pd.DataFrame) -> None:
    """Raise a `DataError` if a retrieval solution names an unknown query or index image."""
    check_query_ids(solution, queries)
    _refuse_unknown(chain.from_iterable(solution["relevant"]), index, "relevant images are not in the index")


def check_query_ids(solution: pd.DataFrame, queries: pd.DataFrame) -> None:
    """Raise a `DataError` if a retrieval or recognition solution names an unknown query."""
    _refuse_unknown(solution["image_id"], queries, "ids of the solution are not among the queries")


def _refuse_unknown(ids: Iterable[str], images: pd.DataFrame, what: str) -> None:
    known = set(images["image_id"])
    unknown = list(dict.fromkeys(image_id for image_id in ids if image_id not in known))
    if unknown:
        more = ", …" if len(unknown) > _NAMED_IDS else ""
        raise DataError(f"{len(unknown)} {what}: {', '.join(unknown[:_NAMED_IDS])}{more}")


def _queries(rows: CsvRows, pattern: tuple[str, str]) -> pd.DataFrame:
    ids = rows.unique("id", *pattern)
    usages = rows.matching("Usage", _USAGE_PATTERN, _USAGE_EXPECTED)
    return pd.DataFrame({"image_id": ids.to_pandas(), "usage": usages.to_pandas()})


def _lists(rows: CsvRows, column: str) -> list[list[str]]:
    return [[] if text == "None" else text.split() for text in rows.text(column).to_pylist()]
