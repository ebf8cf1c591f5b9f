"""Descriptors of regions of images, for regional diffusion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landmark_retrieval.arrays import Floats, Int64s


@dataclass(frozen=True, eq=False)
class RegionEmbeddings:
    """Descriptors of the regions of a list of images, image after image.

    Attributes:
        vectors: `(n_regions, dim)` float32, L2-normalised rows, possibly memory-mapped.
        offsets: `(n_images + 1,)` int64; image `i` owns the rows `offsets[i]:offsets[i + 1]`.

    Raises:
        ValueError: the offsets do not span the vectors.
    """

    vectors: Floats
    offsets: Int64s

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or self.offsets.ndim != 1 or (np.diff(self.offsets) < 0).any():
            raise ValueError("regions: expected (n_regions, dim) vectors and non-decreasing offsets")
        if len(self.offsets) == 0 or self.offsets[0] != 0 or self.offsets[-1] != len(self.vectors):
            raise ValueError(f"regions: the offsets do not span the {len(self.vectors)} vectors")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def image_rows(self) -> Int64s:
        """Image that each region belongs to, `(n_regions,)` int64."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))


@dataclass(frozen=True, eq=False)
class Regions:
    """Regions of both sides, row by row the embeddings of queries and index."""

    queries: RegionEmbeddings
    index: RegionEmbeddings
