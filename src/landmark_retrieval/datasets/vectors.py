"""Global and regional descriptors, larger than memory if need be."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.datasets.atomic import FloatDataset
from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.reranking.regions import RegionEmbeddings
from landmark_retrieval.storage.growing_array import GrowingArray

if TYPE_CHECKING:
    from landmark_retrieval.models.extraction import EmbeddingStream
    from landmark_retrieval.models.region_extraction import RegionStream

_ROWS = 65_536
_Blocks = Iterable[NDArray[np.floating]]
_In = TypeVar("_In")
_Out = TypeVar("_Out")


class VectorsDataset(FloatDataset[_In, _Out]):
    """`vectors.npy` in a folder, loaded memory-mapped and read-only; streams are written block by block."""

    def _write_vectors(self, path: Path, dim: int, blocks: _Blocks) -> list[int]:
        """Rows of each block."""
        counts = []
        with GrowingArray(path / "vectors.npy", self._dtype) as vectors:
            vectors.append(np.empty((0, dim)))
            for number, block in enumerate(blocks):
                if block.ndim != 2 or block.shape[1] != dim:
                    raise DataError(f"block {number} of vectors: expected (n, {dim}), found {block.shape}")
                rows = block.astype(self._dtype, copy=False)
                if not (finite := np.isfinite(rows).all(axis=1)).all():
                    raise DataError(
                        f"block {number} of vectors: row {np.argmin(finite)} is not finite {self._dtype}"
                    )
                vectors.append(rows)
                counts.append(len(rows))
        return counts


class EmbeddingsDataset(VectorsDataset["Embeddings | EmbeddingStream", Embeddings]):
    """Embeddings: `vectors.npy` and `image_ids.parquet` in one folder, so that they cannot drift apart."""

    def _read(self, path: Path) -> Embeddings:
        import pandas as pd

        ids = pd.read_parquet(path / "image_ids.parquet")["image_id"].to_numpy(dtype=str)
        return Embeddings(ids, np.load(path / "vectors.npy", mmap_mode="r"))

    def _write(self, path: Path, data: Embeddings | EmbeddingStream) -> None:
        import pandas as pd

        path.mkdir()
        shape = data.vectors.shape if isinstance(data, Embeddings) else data.shape
        # Bad ids are refused before hours of extraction, not after.
        ids = Embeddings(
            np.asarray(data.image_ids, dtype=str), np.broadcast_to(np.float32(0), shape)
        ).image_ids
        found = sum(self._write_vectors(path, shape[1], _row_blocks(data)))
        if found != len(ids):
            raise DataError(f"expected {len(ids)} rows of embeddings, found {found}")
        pd.DataFrame({"image_id": ids}).to_parquet(path / "image_ids.parquet", index=False)


class RegionEmbeddingsDataset(VectorsDataset["RegionEmbeddings | RegionStream", RegionEmbeddings]):
    """Regional descriptors: `vectors.npy` and `offsets.npy` in one folder."""

    def _read(self, path: Path) -> RegionEmbeddings:
        vectors = np.load(path / "vectors.npy", mmap_mode="r")
        return RegionEmbeddings(vectors, np.load(path / "offsets.npy"))

    def _write(self, path: Path, data: RegionEmbeddings | RegionStream) -> None:
        path.mkdir()
        n_images, dim = (
            (len(data), data.vectors.shape[1]) if isinstance(data, RegionEmbeddings) else data.shape
        )
        counts = self._write_vectors(path, dim, _images(data))
        if len(counts) != n_images:
            raise DataError(f"expected regions of {n_images} images, found {len(counts)}")
        np.save(path / "offsets.npy", np.cumsum([0, *counts], dtype=np.int64))


def _row_blocks(data: Embeddings | EmbeddingStream) -> _Blocks:
    if not isinstance(data, Embeddings):
        return data
    return (data.vectors[start : start + _ROWS] for start in range(0, len(data), _ROWS))


def _images(data: RegionEmbeddings | RegionStream) -> _Blocks:
    if not isinstance(data, RegionEmbeddings):
        return data
    bounds = zip(data.offsets[:-1], data.offsets[1:], strict=True)
    return (data.vectors[start:end] for start, end in bounds)
