"""What the rows and positions of a ranking mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.embeddings import fingerprint_ids
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking

Ids = Sequence[str] | NDArray[np.str_]


def rows_fingerprint(query_ids: Iterable[str], index_ids: Iterable[str]) -> str:
    """SHA-256 of the query ids and the index ids, each in row order: the `rows` of a `Ranking`."""
    return fingerprint_ids([fingerprint_ids(query_ids), fingerprint_ids(index_ids)])


def check_rows(ranking: Ranking, query_ids: Ids, index_ids: Ids, rows: str | None = None) -> None:
    """Make sure that a ranking is read only against the images it was made for.

    Args:
        ranking: what is to be read.
        query_ids: `(n_queries,)` ids of its lists.
        index_ids: `(n_index,)` ids that its positions are to point to.
        rows: fingerprint of these ids, where it is known already.

    Raises:
        DataError: another number of queries or index images, or another fingerprint.
    """
    expected = (ranking.n_queries, ranking.n_index)
    if expected != (len(query_ids), len(index_ids)):
        raise DataError(
            f"the ranking speaks of {expected[0]} queries and {expected[1]} index images, "
            f"but {len(query_ids)} and {len(index_ids)} ids were given"
        )
    if ranking.rows and ranking.rows != (found := rows or rows_fingerprint(query_ids, index_ids)):
        raise DataError(
            f"the ranking was made for other images: fingerprint {ranking.rows[:12]}, found {found[:12]}"
        )
