"""Global descriptors together with the images they describe."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError

_BLOCK_ROWS = 65_536


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
        ValueError: shapes do not agree or an id is repeated.
    """

    image_ids: NDArray[np.str_]
    vectors: NDArray[np.floating]

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or self.image_ids.shape != self.vectors.shape[:1]:
            raise ValueError(
                f"embeddings {self.vectors.shape} do not fit {self.image_ids.shape} image ids: "
                "expected (n, dim) and (n,)"
            )
        ids, counts = np.unique(self.image_ids, return_counts=True)
        if len(ids) != len(self.image_ids):
            raise ValueError(f"image_id {str(ids[counts > 1][0])!r} is repeated among the embeddings")

    def __len__(self) -> int:
        return len(self.image_ids)

    @property
    def dim(self) -> int:
        """Number of columns."""
        return int(self.vectors.shape[1])

    def rows_of(self, image_ids: Iterable[str]) -> NDArray[np.int64]:
        """Row of each id, −1 where it is not among the embeddings, `(m,)` int64."""
        return index_of(self.image_ids, image_ids)


@dataclass(frozen=True)
class JoinedEmbeddings:
    """Embeddings of several parts behind each other, read a part at a time.

    Attributes:
        parts: one or more.

    Raises:
        DataError: dimensions differ, or two parts share an image.
    """

    parts: Sequence[Embeddings]

    def __post_init__(self) -> None:
        if len({part.dim for part in self.parts}) > 1:
            found = ", ".join(
                f"{part.dim} (image {str(part.image_ids[0])!r})" for part in self.parts if len(part)
            )
            raise DataError(f"embeddings to be joined: expected one dimension, found {found}")
        ids, counts = np.unique(self.image_ids, return_counts=True)
        if (counts > 1).any():
            raise DataError(f"image {str(ids[counts > 1][0])!r} is in several of the joined embeddings")

    @property
    def image_ids(self) -> NDArray[np.str_]:
        """Ids of all rows, `(n,)` str."""
        return np.concatenate([part.image_ids for part in self.parts])

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and dimensions of all parts."""
        return sum(map(len, self.parts)), self.parts[0].dim

    def __iter__(self) -> Iterator[NDArray[np.floating]]:
        """Consecutive blocks of rows."""
        for part in self.parts:
            for start in range(0, len(part), _BLOCK_ROWS):
                yield part.vectors[start : start + _BLOCK_ROWS]


@dataclass(frozen=True)
class SelectedEmbeddings:
    """Some rows of stored embeddings, read block by block.

    Attributes:
        whole: embeddings with these rows.
        image_ids: of the rows, `(n,)` str.

    Raises:
        DataError: an image is not among the embeddings.
    """

    whole: Embeddings
    image_ids: NDArray[np.str_]

    def __post_init__(self) -> None:
        lacking = self.whole.rows_of(self.image_ids.tolist()) < 0
        if lacking.any():
            raise DataError(
                f"embeddings lack {lacking.sum()} images, first {str(self.image_ids[lacking][0])!r}"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Selected rows, and dimensions."""
        return len(self.image_ids), self.whole.dim

    def __iter__(self) -> Iterator[NDArray[np.floating]]:
        """Consecutive blocks of rows."""
        rows = self.whole.rows_of(self.image_ids.tolist())
        for start in range(0, len(rows), _BLOCK_ROWS):
            yield self.whole.vectors[rows[start : start + _BLOCK_ROWS]]


def normalise(vectors: NDArray[np.floating], epsilon: float = 1e-12) -> NDArray[np.float32]:
    """L2-normalised rows `(n, dim)` float32; `epsilon` keeps a zero row zero."""
    vectors = np.asarray(vectors, dtype=np.float32)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(norms, np.float32(epsilon))
