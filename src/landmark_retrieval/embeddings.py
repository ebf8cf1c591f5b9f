"""Global descriptors together with the images they describe."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError


def fingerprint_ids(ids: Iterable[str]) -> str:
    """SHA-256 of ids in their order: what the rows of an array mean.

    Raises:
        ValueError: an id holds a line break, which would make two lists look alike.
    """
    text = [str(i) for i in ids]
    joined = "\n".join(text)
    if joined.count("\n") != max(len(text) - 1, 0):
        raise ValueError("an image_id holds a line break")
    return hashlib.sha256(joined.encode()).hexdigest()


def index_of(ids: Iterable[str], wanted: Iterable[str]) -> NDArray[np.int64]:
    """Position of each wanted id among `ids`, −1 where it is not there, `(n_wanted,)` int64.

    Raises:
        DataError: an id occurs twice among `ids`.
    """
    import pandas as pd

    known = pd.Index(np.asarray([str(i) for i in ids], dtype=object))
    if not known.is_unique:
        raise DataError(f"image id {known[known.duplicated()][0]!r} occurs twice")
    return known.get_indexer(np.asarray([str(i) for i in wanted], dtype=object)).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Rows of global descriptors and the `image_id` of each row.

    Attributes:
        image_ids: `(n,)` str, unique.
        vectors: `(n, dim)` float32 (or float16 on disk), L2-normalised rows, possibly memory-mapped.

    Raises:
        ValueError: shapes do not agree or an id stands twice.
    """

    image_ids: NDArray[np.str_]
    vectors: NDArray[np.floating]

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or self.image_ids.shape != self.vectors.shape[:1]:
            raise ValueError(
                f"embeddings {self.vectors.shape} do not fit {self.image_ids.shape} image ids: "
                "expected (n, dim) and (n,)"
            )
        if len(np.unique(self.image_ids)) != len(self.image_ids):
            raise ValueError("an image_id stands twice among the embeddings")

    def __len__(self) -> int:
        return len(self.image_ids)

    @property
    def dim(self) -> int:
        """Number of columns."""
        return int(self.vectors.shape[1])

    def rows_of(self, image_ids: Iterable[str]) -> NDArray[np.int64]:
        """Row of each id, −1 where it is not among the embeddings, `(m,)` int64."""
        return index_of(self.image_ids, image_ids)


def normalise(vectors: NDArray[np.floating], epsilon: float = 1e-12) -> NDArray[np.float32]:
    """L2-normalised rows `(n, dim)` float32; `epsilon` keeps a zero row zero."""
    vectors = np.asarray(vectors, dtype=np.float32)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(norms, np.float32(epsilon))
