"""What is searched, and for what: embeddings, or vectors alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.search.identity import rows_fingerprint

Vectors = Embeddings | NDArray[np.floating]


def fingerprint_of(queries: Vectors, index: Vectors, rows: str | None) -> str:
    """The fingerprint of a ranking: `rows`, or made from the image ids, or empty where there are none."""
    if rows is None and isinstance(queries, Embeddings) and isinstance(index, Embeddings):
        return rows_fingerprint(queries.image_ids, index.image_ids)
    return rows or ""


def vectors_of(source: Vectors) -> NDArray[np.floating]:
    """The vectors alone."""
    return source.vectors if isinstance(source, Embeddings) else source


def check_search(queries: NDArray[np.floating], index: NDArray[np.floating], k: int) -> None:
    """Refuse what cannot be searched.

    Raises:
        DataError: `k` is not positive or the dimensions differ.
    """
    if k < 1:
        raise DataError(f"search depth k: expected at least 1, found {k}")
    if queries.ndim != 2 or index.ndim != 2 or queries.shape[1] != index.shape[1]:
        raise DataError(
            f"queries and index: expected (n, dim) with one dim, found {queries.shape} and {index.shape}"
        )
