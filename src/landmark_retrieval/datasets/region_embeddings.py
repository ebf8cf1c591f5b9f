"""Regional descriptors on disk, larger than memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from kedro.io import Version
from numpy.typing import NDArray

from landmark_retrieval.datasets.atomic import AtomicDataset
from landmark_retrieval.errors import DataError
from landmark_retrieval.reranking.regions import RegionEmbeddings
from landmark_retrieval.storage.growing_array import GrowingArray


class RegionStream(Protocol):
    """Regional descriptors that are made while they are saved."""

    @property
    def shape(self) -> tuple[int, int]:
        """`(n_images, dim)`."""
        ...

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        """For each image `(n_regions, dim)` float32, n_images in all."""
        ...


class RegionEmbeddingsDataset(AtomicDataset[RegionEmbeddings | RegionStream, RegionEmbeddings]):
    """`vectors.npy` and `offsets.npy` in one folder.

    Loaded vectors are memory-mapped and read-only. A stream is written image by image, never held whole.
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
            raise ValueError(f"dtype of regional descriptors is float32 or float16, not {dtype!r}")
        self._dtype = np.dtype(dtype)

    def _read(self, path: Path) -> RegionEmbeddings:
        vectors = np.load(path / "vectors.npy", mmap_mode="r")
        return RegionEmbeddings(vectors, np.load(path / "offsets.npy"))

    def _write(self, path: Path, data: RegionEmbeddings | RegionStream) -> None:
        path.mkdir()
        (n_images, dim), images = _opened(data)
        counts = [0]
        with GrowingArray(path / "vectors.npy", self._dtype) as vectors:
            vectors.append(np.empty((0, dim)))
            for image in images:
                _check(image, len(counts) - 1, dim)
                vectors.append(image)
                counts.append(len(image))
        if len(counts) != n_images + 1:
            raise DataError(f"regions of {len(counts) - 1} images came, {n_images} were announced")
        np.save(path / "offsets.npy", np.cumsum(counts, dtype=np.int64))

    def _describe(self) -> dict[str, Any]:
        return {**super()._describe(), "dtype": self._dtype.name}


def _opened(data: RegionEmbeddings | RegionStream) -> tuple[tuple[int, int], Iterable[NDArray[np.floating]]]:
    if not isinstance(data, RegionEmbeddings):
        return data.shape, data
    bounds = zip(data.offsets[:-1], data.offsets[1:], strict=True)
    images = (data.vectors[start:end] for start, end in bounds)
    return (len(data), data.vectors.shape[1]), images


def _check(regions: NDArray[np.floating], row: int, dim: int) -> None:
    if regions.ndim != 2 or regions.shape[1] != dim:
        raise DataError(f"regions of image {row}: expected (n_regions, {dim}), found {regions.shape}")
    if not np.isfinite(regions).all():
        raise DataError(f"regions of image {row}: a value is not finite")
