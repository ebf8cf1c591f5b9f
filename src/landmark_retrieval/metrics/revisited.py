"""Easy, Medium and Hard of the revisited Oxford and Paris benchmarks, query by query.

After `evaluate.py` of filipradenovic/revisitop: junk leaves the list before ranks are counted, AP is the
trapezoid, precision divides by no more places than the positives need.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landmark_retrieval.embeddings import index_of
from landmark_retrieval.errors import DataError
from landmark_retrieval.metrics.clusters import query_clusters
from landmark_retrieval.metrics.protocol import Mark
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.search.identity import Ids, check_ids

UNJUDGED, EASY, HARD, JUNK = 0, 1, 2, 3
_GRADES = {"easy": EASY, "hard": HARD, "junk": JUNK}
_GRADE_NAMES = {grade: name for name, grade in _GRADES.items()}
_DIFFICULTIES = {
    "Easy": ((EASY,), (HARD, JUNK)),
    "Medium": ((EASY, HARD), (JUNK,)),
    "Hard": ((HARD,), (EASY, JUNK)),
}
"""Which grades are positive and which are junk."""

_PLACES = (1, 5, 10)


def per_query(ranking: Ranking, query_ids: Ids, index_ids: Ids, relevance: pd.DataFrame) -> pd.DataFrame:
    """The figures of every query at every difficulty.

    Args:
        ranking: of the queries in the index; papers rank the whole index.
        query_ids: `(n_queries,)` ids of the ranking's rows.
        index_ids: `(n_index,)` ids of the images that its positions point to.
        relevance: a `tables.RevisitedRelevance`.

    Returns:
        `tables.RevisitedFigures`, NaN for a query without positives at a difficulty, which does not count
        there. Positives that a list does not reach (or that are not in the index) count as positives; a
        judged query that was not ranked scores 0. Queries with (almost) the same easy and hard images share
        a `cluster`.

    Raises:
        DataError: the ranking is not of these images, or a pair is judged twice.
    """
    check_ids(ranking, query_ids, index_ids)
    _check(relevance)
    judged = _judged(relevance, index_ids)
    lists = dict(zip(map(str, query_ids), ranking.positions, strict=True))
    nothing = np.empty(0, dtype=np.int64)
    rows = [
        {"query_id": query, **figures}
        for query in dict.fromkeys([*lists, *judged])
        for figures in _figures(
            lists.get(query, nothing), *judged.get(query, (nothing, nothing)), len(index_ids)
        )
    ]
    columns = ["query_id", "difficulty", "cluster", "n_positive", "ap", *(f"p{k}" for k in _PLACES)]
    table = pd.DataFrame(rows, columns=columns)
    table["cluster"] = table["query_id"].map(_clusters(dict.fromkeys([*lists, *judged]), relevance))
    return table.astype({"query_id": "str", "difficulty": "str", "cluster": "str"})


def _clusters(queries: Collection[str], relevance: pd.DataFrame) -> dict[str, str]:
    """Cluster of each query, by the images that are positive at any difficulty."""
    positive = relevance[relevance["grade"] != _GRADE_NAMES[JUNK]]
    images = positive.groupby("query_id")["image_id"].apply(set).to_dict()
    names = query_clusters(list(queries), [images.get(query, set()) for query in queries])
    return dict(zip(queries, names, strict=True))


def _judged(
    relevance: pd.DataFrame, index_ids: Ids
) -> dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Index rows (`-1` where not in the index) and grades of the images judged for each query."""
    table = pd.DataFrame(
        {
            "query_id": relevance["query_id"].to_numpy(dtype=object),
            "row": index_of(index_ids, relevance["image_id"].to_numpy()),
            "grade": relevance["grade"].map(_GRADES).to_numpy(dtype=np.int64),
        }
    )
    groups = table.groupby("query_id", sort=False)
    return {str(query): (pairs["row"].to_numpy(), pairs["grade"].to_numpy()) for query, pairs in groups}


def _figures(
    positions: NDArray[np.int64], rows: NDArray[np.int64], grades: NDArray[np.int64], n_index: int
) -> list[dict[str, object]]:
    grade_of = np.full(n_index, UNJUDGED, dtype=np.int8)
    grade_of[rows[rows >= 0]] = grades[rows >= 0]
    ranked = grade_of[positions[positions != PADDING]]
    figures: list[dict[str, object]] = []
    for difficulty, (positive, junk) in _DIFFICULTIES.items():
        n_positive = int(np.isin(grades, positive).sum())
        ranks = ranks_without_junk(np.isin(ranked, positive), np.isin(ranked, junk))
        precision = {f"p{k}": precision_at(ranks, n_positive, k) for k in _PLACES}
        ap = trapezoidal_ap(ranks, n_positive)
        figures.append({"difficulty": difficulty, "n_positive": n_positive, "ap": ap, **precision})
    return figures


def judged_images(
    relevance: pd.DataFrame, queries: Collection[str], difficulty: str = "Medium"
) -> dict[str, dict[str, Mark]]:
    """Positive and ignored images of some queries at a difficulty; all others are wrong."""
    positive = {_GRADE_NAMES[grade] for grade in _DIFFICULTIES[difficulty][0]}
    judged: dict[str, dict[str, Mark]] = {query: {} for query in queries}
    for row in relevance[relevance["query_id"].isin(list(queries))].itertuples():
        judged[str(row.query_id)][str(row.image_id)] = "correct" if row.grade in positive else "ignored"
    return judged


def ranks_without_junk(positive: NDArray[np.bool_], junk: NDArray[np.bool_]) -> NDArray[np.int64]:
    """0-based ranks of the positives of one list `(k,)` once its junk is removed, ascending."""
    return np.flatnonzero(positive) - np.cumsum(junk)[positive]


def trapezoidal_ap(ranks: NDArray[np.int64], n_positive: int) -> float:
    """`sum over the j-th positive of (j / r_j + (j + 1) / (r_j + 1)) / 2 / n_positive`, both 0-based.

    The first term is 1 at rank 0. NaN without positives, 0 if none is ranked.
    """
    if n_positive == 0:
        return float("nan")
    j = np.arange(len(ranks))
    before = np.where(ranks == 0, 1.0, j / np.maximum(ranks, 1))
    return float((before + (j + 1) / (ranks + 1)).sum() / 2 / n_positive)


def precision_at(ranks: NDArray[np.int64], n_positive: int, k: int) -> float:
    """Positives among the first `min(k, rank of the last positive)`, as a share of those places.

    A positive that the list does not reach lies past its end, so that all `k` places count then.
    """
    if n_positive == 0:
        return float("nan")
    places = min(k, int(ranks[-1]) + 1) if len(ranks) == n_positive else k
    return float((ranks < places).sum() / places)


def _check(relevance: pd.DataFrame) -> None:
    twice = relevance.duplicated(["query_id", "image_id"])
    if twice.any():
        pair = relevance[twice].iloc[0]
        raise DataError(f"image {pair['image_id']!r} is judged twice for query {pair['query_id']!r}")
