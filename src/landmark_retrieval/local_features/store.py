"""Local features of many pictures in four flat arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.features import LocalFeatures
from landmark_retrieval.local_features.growing_array import GrowingArray

_OF_IMAGES, _OF_KEYPOINTS = ("image_ids", "offsets"), ("keypoints", "descriptors", "scores")


@dataclass(frozen=True, eq=False)
class LocalFeatureStore:
    """Local features of a list of images, one after the other.

    Attributes:
        image_ids: `(n,)` str, unique.
        offsets: `(n + 1,)` int64; image `i` owns the rows `offsets[i]:offsets[i + 1]` of the other arrays.
        keypoints: `(total, 2)` float32 x, y in pixels.
        descriptors: `(total, d)` float16, L2-normalised up to rounding.
        scores: `(total,)` float32.
        folder: where all of it lies on disk, None if it was not loaded from there.

    Raises:
        ValueError: the arrays do not fit each other or an id stands twice.
    """

    image_ids: NDArray[np.str_]
    offsets: NDArray[np.int64]
    keypoints: NDArray[np.float32]
    descriptors: NDArray[np.float16]
    scores: NDArray[np.float32]
    folder: Path | None = None

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
        _check_unique(self.image_ids)

    @classmethod
    def pack(cls, image_ids: Iterable[str], features: Iterable[LocalFeatures]) -> LocalFeatureStore:
        """The features of `image_ids`, in their order, in memory.

        Raises:
            DataError: a value is not finite.
            ValueError: there are not as many features as ids, or the descriptors differ in length.
        """
        ids = np.asarray([str(i) for i in image_ids], dtype=str)
        each = list(_stored(ids, features))
        filled = [f for f in each if len(f[0])] or each[:1] or [_NOTHING]
        keypoints, descriptors, scores = (np.concatenate(arrays) for arrays in zip(*filled, strict=True))
        offsets = np.cumsum([0, *(len(f[0]) for f in each)], dtype=np.int64)
        return cls(ids, offsets, keypoints, descriptors, scores)

    @classmethod
    def write(
        cls, folder: Path, image_ids: Iterable[str], features: Iterable[LocalFeatures]
    ) -> LocalFeatureStore:
        """The features of `image_ids`, in their order, written while they come and never held together.

        Args:
            folder: made if missing; complete only when all is written.
            image_ids: unique.
            features: one by one.

        Raises:
            DataError: a value is not finite.
            ValueError: there are not as many features as ids, or the descriptors differ in length.
        """
        folder.mkdir(parents=True, exist_ok=True)
        ids = np.asarray([str(i) for i in image_ids], dtype=str)
        _check_unique(ids)
        np.save(folder / "offsets.npy", _append(folder, _stored(ids, features)))
        np.save(folder / "image_ids.npy", ids, allow_pickle=False)
        return cls.load(folder)

    @classmethod
    def load(cls, folder: Path) -> LocalFeatureStore:
        """A store that `save` or `write` wrote; all but the ids and offsets stays on disk, memory-mapped."""
        in_memory = {name: np.load(folder / f"{name}.npy") for name in _OF_IMAGES}
        on_disk = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in _OF_KEYPOINTS}
        return cls(**in_memory, **on_disk, folder=folder)

    def save(self, folder: Path) -> None:
        """Write one `.npy` file per array into `folder`, made if missing."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in (*_OF_IMAGES, *_OF_KEYPOINTS):
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)

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


_Arrays = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
_NOTHING: _Arrays = np.zeros((0, 2), np.float32), np.zeros((0, 0), np.float16), np.zeros(0, np.float32)


def _check_unique(image_ids: NDArray[np.str_]) -> None:
    if len(np.unique(image_ids)) != len(image_ids):
        raise ValueError("an image_id stands twice among the local features")


def _stored(image_ids: NDArray[np.str_], features: Iterable[LocalFeatures]) -> Iterator[_Arrays]:
    """Keypoints, descriptors and scores of each image as they are stored.

    Raises:
        DataError: a value is not finite.
        ValueError: there are not as many features as ids.
    """
    for image_id, each in zip(image_ids, features, strict=True):
        arrays = each.keypoints, each.descriptors.astype(np.float16), each.scores
        if not all(np.isfinite(array).all() for array in arrays):
            raise DataError(f"local features of {image_id}: a value is not finite")
        yield arrays


def _append(folder: Path, each: Iterable[_Arrays]) -> NDArray[np.int64]:
    """Write the arrays of all images behind one another; the offsets of the images."""
    counts = []
    with ExitStack() as stack:
        files = [
            stack.enter_context(GrowingArray(folder / f"{name}.npy", empty.dtype))
            for name, empty in zip(_OF_KEYPOINTS, _NOTHING, strict=True)
        ]
        for arrays in chain([_NOTHING], each):
            counts.append(len(arrays[0]))
            for file, array in zip(files, arrays, strict=True):
                file.append(array)
    return np.cumsum(counts, dtype=np.int64)
