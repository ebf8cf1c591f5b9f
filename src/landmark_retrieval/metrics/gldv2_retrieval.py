"""mAP@100, P@10 and MeanPos of Google Landmarks v2 retrieval, query by query.

After the benchmark's own `metrics.py` (tensorflow/models, research/delf).
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landmark_retrieval.embeddings import index_of
from landmark_retrieval.errors import DataError
from landmark_retrieval.metrics.clusters import query_clusters
from landmark_retrieval.metrics.protocol import GLDV2_RETRIEVAL, Mark
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.search.identity import Ids, check_ids

IGNORED = "Ignored"


def per_query(
    ranking: Ranking,
    query_ids: Ids,
    index_ids: Ids,
    solution: pd.DataFrame,
    depth: int = GLDV2_RETRIEVAL.depth or 0,
) -> pd.DataFrame:
    """The figures of every query of the solution, in its order.

    Args:
        ranking: of the queries in the index.
        query_ids: `(n_queries,)` ids of the ranking's rows.
        index_ids: `(n_index,)` ids of the images that its positions point to.
        solution: a `tables.RetrievalSolution`.
        depth: how much of a ranking counts.

    Returns:
        `tables.RetrievalFigures`; `first_correct` is `depth + 1` if nothing is correct. A query that was not
        ranked scores AP 0. Queries with (almost) the same relevant images share a `cluster`. Relevant images
        that are not in the index count as relevant all the same.

    Raises:
        DataError: the ranking is not of these images, a query is not in the solution, a query that counts has
            nothing relevant, or a relevant image is named twice.
    """
    check_ids(ranking, query_ids, index_ids)
    counted = solution[solution["usage"] != IGNORED]
    _check(solution, counted, query_ids)
    hits = correct_at(ranking, query_ids, index_ids, counted, depth)
    found = hits.any(axis=1)
    figures = pd.DataFrame(
        {
            "ap": average_precision(hits, counted["relevant"].map(len).to_numpy()),
            "p10": precision_at(hits, 10),
            "first_correct": np.where(found, hits.argmax(axis=1) + 1.0, depth + 1.0),
        },
        index=counted.index,
    )
    table = solution[["image_id", "usage"]].assign(
        cluster=pd.Series(query_clusters(solution["image_id"], solution["relevant"]), solution.index, "str"),
        n_relevant=solution["relevant"].map(len).astype("int64"),
    )
    return table.join(figures).reset_index(drop=True)


def judged_images(solution: pd.DataFrame, queries: Collection[str]) -> dict[str, dict[str, Mark]]:
    """Relevant images of some queries; all others are wrong."""
    rows = solution[solution["image_id"].isin(list(queries))]
    pairs = zip(rows["image_id"], rows["relevant"], strict=True)
    return {query: dict.fromkeys(relevant, "correct") for query, relevant in pairs}


def correct_at(
    ranking: Ranking, query_ids: Ids, index_ids: Ids, solution: pd.DataFrame, depth: int
) -> NDArray[np.bool_]:
    """Whether each place of a query's list is correct, `(len(solution), depth)`; False past its end."""
    positions = np.full((len(solution), depth), PADDING, dtype=np.int64)
    row = index_of(query_ids, solution["image_id"].to_numpy())
    ranked, width = row >= 0, min(depth, ranking.depth)
    positions[ranked, :width] = ranking.positions[row[ranked], :width]
    relevant = _relevant_keys(solution, index_ids)
    keys = np.arange(len(solution))[:, None] * len(index_ids) + positions
    place = np.searchsorted(relevant, keys)
    return (positions != PADDING) & (np.append(relevant, -1)[place] == keys)


def average_precision(correct: NDArray[np.bool_], n_relevant: NDArray[np.int64]) -> NDArray[np.float64]:
    """Finite-sum AP of each row: `sum of P(k) at correct k / min(n_relevant, depth)`, `(n,)`."""
    depth = correct.shape[1]
    precision = np.cumsum(correct, axis=1) / np.arange(1, depth + 1)
    return (precision * correct).sum(axis=1) / np.minimum(n_relevant, depth)


def precision_at(correct: NDArray[np.bool_], k: int) -> NDArray[np.float64]:
    """Correct among the first `k`, divided by `k` however short the list is, `(n,)`."""
    return correct[:, :k].sum(axis=1) / k


def _relevant_keys(solution: pd.DataFrame, index_ids: Ids) -> NDArray[np.int64]:
    """One ascending number per relevant (query, index row), for those that are in the index."""
    pairs = solution["relevant"].reset_index(drop=True).explode().dropna()
    rows = index_of(index_ids, pairs.to_numpy())
    keys = pairs.index.to_numpy(dtype=np.int64) * len(index_ids) + rows
    return np.sort(keys[rows >= 0])


def _check(solution: pd.DataFrame, counted: pd.DataFrame, query_ids: Ids) -> None:
    unknown = np.flatnonzero(index_of(solution["image_id"].to_numpy(), query_ids) < 0)
    if len(unknown):
        raise DataError(f"query {str(query_ids[unknown[0]])!r} is not in the solution ({len(unknown)} such)")
    for query, relevant in zip(counted["image_id"], counted["relevant"], strict=True):
        if len(relevant) == 0:
            raise DataError(f"query {query!r} counts but has no relevant image: expected usage {IGNORED!r}")
        if len(set(relevant)) != len(relevant):
            raise DataError(f"query {query!r} names a relevant image twice")
