"""Local features of many pictures in four flat arrays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.local_features.features import LocalFeatures


@dataclass(frozen=True, eq=False)
class LocalFeatureStore:
    """Local features of a list of images, one after the other.

    Attributes:
        image_ids: `(n,)` str, unique.
        offsets: `(n + 1,)` int64; image `i` owns the rows `offsets[i]:offsets[i + 1]` of the other arrays.
        keypoints: `(total, 2)` float32 x, y in pixels.
        descriptors: `(total, d)` float16, L2-normalised up to rounding.
        scores: `(total,)` float32.

    Raises:
        ValueError: the arrays do not fit each other or an id stands twice.
    """

    image_ids: NDArray[np.str_]
    offsets: NDArray[np.int64]
    keypoints: NDArray[np.float32]
    descriptors: NDArray[np.float16]
    scores: NDArray[np.float32]

    def __post_init__(self) -> None:
        total = len(self.scores)
        if self.offsets.shape != (len(self.image_ids) + 1,) or (np.diff(self.offsets) < 0).any():
            raise ValueError(
                f"expected {len(self.image_ids) + 1} non-decreasing offsets, not {self.offsets.shape}"
            )
        if self.offsets[0] != 0 or self.offsets[-1] != total:
            raise ValueError(f"offsets span {self.offsets[0]}..{self.offsets[-1]}, expected 0..{total}")
        if self.keypoints.shape != (total, 2) or len(self.descriptors) != total:
            raise ValueError(f"keypoints and descriptors must have {total} rows, as many as there are scores")
        if len(np.unique(self.image_ids)) != len(self.image_ids):
            raise ValueError("an image_id stands twice among the local features")

    @classmethod
    def pack(cls, image_ids: Iterable[str], features: Iterable[LocalFeatures]) -> LocalFeatureStore:
        """The features of `image_ids`, in their order.

        Raises:
            ValueError: there are not as many features as ids, or the descriptors differ in length.
        """
        each = list(features)
        ids = np.asarray([str(i) for i in image_ids], dtype=str)
        filled = [f for f in each if len(f)] or each[:1]
        empty = LocalFeatures(
            np.zeros((0, 2), np.float32), np.zeros((0, 0), np.float32), np.zeros(0, np.float32)
        )
        filled = filled or [empty]
        return cls(
            image_ids=ids,
            offsets=np.cumsum([0, *(len(f) for f in each)], dtype=np.int64),
            keypoints=np.concatenate([f.keypoints for f in filled]),
            descriptors=np.concatenate([f.descriptors.astype(np.float16) for f in filled]),
            scores=np.concatenate([f.scores for f in filled]),
        )

    @classmethod
    def load(cls, folder: Path) -> LocalFeatureStore:
        """A store that `save` wrote; all but the ids and offsets stays on disk, memory-mapped."""
        in_memory = ("image_ids", "offsets")
        arrays = {
            field.name: np.load(
                folder / f"{field.name}.npy", mmap_mode=None if field.name in in_memory else "r"
            )
            for field in fields(cls)
        }
        return cls(**arrays)

    def save(self, folder: Path) -> None:
        """Write one `.npy` file per array into `folder`, made if missing."""
        folder.mkdir(parents=True, exist_ok=True)
        for field in fields(self):
            np.save(folder / f"{field.name}.npy", getattr(self, field.name), allow_pickle=False)

    def __len__(self) -> int:
        return len(self.image_ids)

    def features(self, row: int) -> LocalFeatures:
        """Local features of the image in `row`, descriptors as float32."""
        rows = slice(self.offsets[row], self.offsets[row + 1])
        return LocalFeatures(
            self.keypoints[rows], self.descriptors[rows].astype(np.float32), self.scores[rows]
        )

    def rows_of(self, image_ids: Iterable[str]) -> NDArray[np.int64]:
        """Row of each id, −1 where it has no features here, `(m,)` int64."""
        row = {image_id: i for i, image_id in enumerate(self.image_ids.tolist())}
        return np.asarray([row.get(str(i), -1) for i in image_ids], dtype=np.int64)
