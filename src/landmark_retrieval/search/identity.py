"""Identity of what is searched: vectors with or without image ids, and the images a ranking refers to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.arrays import Floats
from landmark_retrieval.embeddings import Embeddings, fingerprint_ids
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking

Vectors = Embeddings | Floats
Ids = Sequence[str] | NDArray[np.str_]


def vectors_of(source: Vectors) -> Floats:
    """The array of embeddings, or the array itself."""
    return source.vectors if isinstance(source, Embeddings) else source


def check_search(queries: Floats, index: Floats, k: int) -> None:
    """Validate the arguments that exact and approximate search share.

    Raises:
        DataError: `k` is not positive or the dimensions differ.
    """
    if k < 1:
        raise DataError(f"search depth k: expected at least 1, found {k}")
    if queries.ndim != 2 or index.ndim != 2 or queries.shape[1] != index.shape[1]:
        raise DataError(
            f"queries and index: expected (n, dim) with one dim, found {queries.shape} and {index.shape}"
        )


def ids_fingerprint(query_ids: Iterable[str], index_ids: Iterable[str]) -> str:
    """SHA-256 of the query ids and the index ids, each in row order."""
    return fingerprint_ids([fingerprint_ids(query_ids), fingerprint_ids(index_ids)])


def fingerprint_of(queries: Vectors, index: Vectors, given: str | None) -> str:
    """The `ids_fingerprint` of a ranking: as given, else of the image ids, or empty where a side has none."""
    if given is None and isinstance(queries, Embeddings) and isinstance(index, Embeddings):
        return ids_fingerprint(queries.image_ids, index.image_ids)
    return given or ""


def check_ids(ranking: Ranking, query_ids: Ids, index_ids: Ids, fingerprint: str | None = None) -> None:
    """Make sure that a ranking is only read together with the images it was made for.

    `fingerprint` is the `ids_fingerprint` of the ids of queries and index, if it is known already.

    Raises:
        DataError: another number of queries or index images, or another fingerprint.
    """
    expected = (ranking.n_queries, ranking.n_index)
    if expected != (len(query_ids), len(index_ids)):
        raise DataError(
            f"the ranking is of {expected[0]} queries and {expected[1]} index images, "
            f"but {len(query_ids)} and {len(index_ids)} ids were given"
        )
    made_for = ranking.ids_fingerprint
    if made_for and made_for != (found := fingerprint or ids_fingerprint(query_ids, index_ids)):
        raise DataError(
            f"the ranking was made for other images: fingerprint {made_for[:12]}, found {found[:12]}"
        )
