"""A ranking is read only against the images it was made for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.search.rows import rows_fingerprint

Ids = Sequence[str] | NDArray[np.str_]


def check_rows(ranking: Ranking, query_ids: Ids, index_ids: Ids) -> None:
    """Make sure that the ids are those whose rows the ranking speaks of.

    Raises:
        DataError: another number of queries or index images, or another fingerprint.
    """
    expected = (ranking.n_queries, ranking.n_index)
    if expected != (len(query_ids), len(index_ids)):
        raise DataError(
            f"the ranking speaks of {expected[0]} queries and {expected[1]} index images, "
            f"but {len(query_ids)} and {len(index_ids)} ids were given"
        )
    if ranking.rows and ranking.rows != (found := rows_fingerprint(query_ids, index_ids)):
        raise DataError(
            f"the ranking was made for other images: fingerprint {ranking.rows[:12]}, found {found[:12]}"
        )


def rows_in(ids: Ids, wanted: Ids) -> NDArray[np.int64]:
    """Row in `ids` of each wanted id, `-1` where it is not there, `(len(wanted),)` int64.

    Raises:
        DataError: an id stands twice among `ids`.
    """
    index = pd.Index(np.asarray(ids, dtype=object))
    if not index.is_unique:
        raise DataError(f"image id {index[index.duplicated()][0]!r} stands twice")
    return index.get_indexer(np.asarray(wanted, dtype=object)).astype(np.int64)
