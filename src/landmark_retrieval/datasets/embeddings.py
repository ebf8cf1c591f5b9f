"""Embeddings on disk, larger than memory if need be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from kedro.io import Version
from numpy.typing import NDArray

from landmark_retrieval.datasets.atomic import AtomicDataset
from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError

_ROWS = 65_536


class EmbeddingStream(Protocol):
    """Embeddings that are made while they are saved.

    Attributes:
        image_ids: `(n,)` str, unique.
        shape: `(n, dim)`.
    """

    image_ids: NDArray[np.str_]
    shape: tuple[int, int]

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        """Consecutive blocks `(rows, dim)` float32, n rows in all."""
        ...


class EmbeddingsDataset(AtomicDataset[Embeddings | EmbeddingStream, Embeddings]):
    """`vectors.npy` and `image_ids.parquet` in one folder, so that they cannot drift apart.

    Loaded vectors are memory-mapped and read-only. A stream is written block by block, never held whole.
    """

    def __init__(
        self,
        *,
        filepath: str,
        dtype: Literal["float32", "float16"] = "float32",
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(filepath=filepath, version=version, metadata=metadata)
        if dtype not in ("float32", "float16"):
            raise ValueError(f"dtype of embeddings is float32 or float16, not {dtype!r}")
        self._dtype = np.dtype(dtype)

    def _read(self, path: Path) -> Embeddings:
        import pandas as pd

        ids = pd.read_parquet(path / "image_ids.parquet")["image_id"].to_numpy(dtype=str)
        return Embeddings(ids, np.load(path / "vectors.npy", mmap_mode="r"))

    def _write(self, path: Path, data: Embeddings | EmbeddingStream) -> None:
        import pandas as pd

        path.mkdir()
        shape, blocks = _opened(data)
        vectors = np.lib.format.open_memmap(path / "vectors.npy", mode="w+", dtype=self._dtype, shape=shape)
        ids = Embeddings(np.asarray(data.image_ids, dtype=str), vectors).image_ids
        _fill(vectors, blocks)
        vectors.flush()
        pd.DataFrame({"image_id": ids}).to_parquet(path / "image_ids.parquet", index=False)

    def _describe(self) -> dict[str, Any]:
        return {**super()._describe(), "dtype": self._dtype.name}


def _opened(data: Embeddings | EmbeddingStream) -> tuple[tuple[int, int], Iterable[NDArray[np.floating]]]:
    if not isinstance(data, Embeddings):
        return data.shape, data
    starts = range(0, len(data), _ROWS)
    return (len(data), data.dim), (data.vectors[start : start + _ROWS] for start in starts)


def _fill(vectors: NDArray[np.floating], blocks: Iterable[NDArray[np.floating]]) -> None:
    expected, dim = vectors.shape
    filled = 0
    for block in blocks:
        if block.ndim != 2 or block.shape[1] != dim or filled + len(block) > expected:
            raise DataError(f"block {block.shape} after row {filled} does not fit embeddings {vectors.shape}")
        rows = vectors[filled : filled + len(block)]
        rows[:] = block
        finite = np.isfinite(rows).all(axis=1)
        if not finite.all():
            raise DataError(
                f"row {filled + int(np.argmin(finite))} of the embeddings is not finite {vectors.dtype}"
            )
        filled += len(block)
    if filled != expected:
        raise DataError(f"{filled} rows of embeddings came, {expected} were announced")
