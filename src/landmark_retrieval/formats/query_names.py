"""Names of the landmarks that evaluation queries show."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from landmark_retrieval.formats.files.csv_rows import read_csv
from landmark_retrieval.tables import QueryNames, table_of

if TYPE_CHECKING:
    from landmark_retrieval.images.file_tree import FileTree

_NAMED = re.compile(r"(?P<name>.*[^\W\d_].*)_\d+")

CITY_ONLY = frozenset({"oxford", "paris general"})
"""Photographs of Oxford 5k and Paris 6k that were found by the name of the city alone."""


def read_query_names(
    files: FileTree, queries: pd.DataFrame, csv_path: str = "landmark_names.csv"
) -> pd.DataFrame:
    """Names from the CSV file beside the ground truth, if there is one, else from the queries' own names.

    The file has the columns `query` and `name`; it need not name every query. The `tables.QueryNames` are in
    the order of the file or of the queries; queries without a name are left out.

    Raises:
        DataError: as `read_csv`; a query occurs twice in the file or is not in the benchmark.
    """
    if not files.path(csv_path).is_file():
        return names_of_queries(queries["image_id"])
    rows = read_csv(files, csv_path, "query", "name")
    ids = rows.unique("query", ".", "an image_id").to_pylist()
    known = set(queries["image_id"])
    for row, query in enumerate(ids):
        if query not in known:
            raise rows.error(row, "a query of the benchmark", query)
    named = zip(ids, rows.text("name").to_pylist(), strict=True)
    return table_of(QueryNames, [(query, name) for query, name in named if name])


def names_of_queries(query_ids: Iterable[str]) -> pd.DataFrame:
    """Names as the revisited benchmarks give them: "hotel_des_invalides_000123" shows "hotel des invalides".

    Queries have no name if their id is of another form or has nothing but numbers or the city's name, or if
    several queries all have the same name: it is that of the set. The result is `tables.QueryNames`.
    """
    ids = list(query_ids)
    found = [(query, match["name"]) for query in ids if (match := _NAMED.fullmatch(query))]
    named = [(query, " ".join(name.replace("_", " ").split())) for query, name in found]
    of_the_set = len(ids) > 1 and len(named) == len(ids) and len({name for _, name in named}) == 1
    return table_of(QueryNames, [] if of_the_set else [pair for pair in named if pair[1] not in CITY_ONLY])


def names_of_solution(solution: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """`tables.QueryNames` of the landmarks that queries show (`tables.RecognitionSolution`), in their order.

    `names` are `tables.LandmarkNames` in the same numbering. A query has a row for each landmark with a name
    that it shows.
    """
    shown = solution[["image_id", "landmark_ids"]].explode("landmark_ids").dropna()
    named = shown.astype({"landmark_ids": "int64"}).merge(
        names, left_on="landmark_ids", right_on="landmark_id", how="inner", validate="many_to_one"
    )
    return table_of(QueryNames, zip(named["image_id"], named["name"], strict=True))
