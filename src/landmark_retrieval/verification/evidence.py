"""Evidence of verified image pairs: matches, inliers, transform and matched points."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.embeddings import index_of
from landmark_retrieval.errors import DataError

POINT_STEPS = 16
"""Matched points are kept in steps of 1/16 pixel."""

FORWARD, BACKWARD = 1, 2
"""Bits of `direction`: the second image is a neighbour of the first, the first is one of the second."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """Matches, inliers, transform and matched points of pairs of images.

    Within one set of images (`other_ids is image_ids`) each pair is listed once, the smaller id first.

    Attributes:
        image_ids: `(n,)` str, unique.
        other_ids: `(m,)` str, unique; the same array within one set.
        pairs: `(p, 2)` int32 rows of `image_ids` and `other_ids`, each pair once, ascending.
        direction: `(p,)` uint8, `FORWARD`, `BACKWARD` or both: whose neighbour list the pair comes from.
        matches: `(p,)` int32.
        inliers: `(p,)` int32, matches that agree with the transform.
        transforms: `(p, 3, 3)` float32 from pixels of the first to pixels of the second; NaN where none is
            found.
        offsets: `(p + 1,)` int64; pair `i` owns the rows `offsets[i]:offsets[i + 1]` of `matched`.
        matched: `(total, 4)` uint16: x, y in the first, x, y in the second image of each inlier, in steps of
            1/`POINT_STEPS` pixel.

    Raises:
        DataError: the arrays do not match, a row or a count is impossible, or a pair is listed twice.
    """

    image_ids: NDArray[np.str_]
    other_ids: NDArray[np.str_]
    pairs: NDArray[np.int32]
    direction: NDArray[np.uint8]
    matches: NDArray[np.int32]
    inliers: NDArray[np.int32]
    transforms: NDArray[np.float32]
    offsets: NDArray[np.int64]
    matched: NDArray[np.uint16]

    def __post_init__(self) -> None:
        self._check_shapes()
        self._check_ids()
        self._check_pairs()
        self._check_counts()

    @classmethod
    def load(cls, folder: Path) -> Evidence:
        """Evidence that `save` wrote, memory-mapped except the ids; `DataError` for bad or missing files."""
        arrays = {field.name: _read(folder / f"{field.name}.npy") for field in fields(cls)}
        for name in ("image_ids", "other_ids"):
            arrays[name] = np.array(arrays[name])
        if np.array_equal(arrays["image_ids"], arrays["other_ids"]):
            arrays["other_ids"] = arrays["image_ids"]
        return cls(**arrays)

    def save(self, folder: Path) -> None:
        """Write one `.npy` file per array into `folder`, made if missing."""
        folder.mkdir(parents=True, exist_ok=True)
        for field in fields(self):
            np.save(folder / f"{field.name}.npy", getattr(self, field.name), allow_pickle=False)

    def __len__(self) -> int:
        return len(self.pairs)

    def points(self, row: int) -> NDArray[np.float32]:
        """Inliers of a pair, `(k, 4)` float32 x, y in the first and x, y in the second image, in pixels."""
        own = slice(int(self.offsets[row]), int(self.offsets[row + 1]))
        return self.matched[own].astype(np.float32) / np.float32(POINT_STEPS)

    def rows_of(self, image_ids: Iterable[str], other_ids: Iterable[str]) -> NDArray[np.int64]:
        """Row of each pair of ids, −1 where it was not verified, `(k,)` int64.

        Within one set of images a pair is found whichever way round it is given; its points and transform
        are those of the row, from `pairs[row, 0]` to `pairs[row, 1]`.
        """
        first, second = index_of(self.image_ids, image_ids), index_of(self.other_ids, other_ids)
        known = (first >= 0) & (second >= 0)
        if self.other_ids is self.image_ids:
            swapped = np.flatnonzero(known)
            swapped = swapped[self.image_ids[first[swapped]] > self.image_ids[second[swapped]]]
            first[swapped], second[swapped] = second[swapped], first[swapped]
        keys, wanted = self._keys(), first * len(self.other_ids) + second
        rows = np.searchsorted(keys, wanted)
        found = known & (rows < len(keys))
        found[found] = keys[rows[found]] == wanted[found]
        return np.where(found, rows, -1).astype(np.int64)

    def _keys(self) -> NDArray[np.int64]:
        """One ascending number per pair."""
        return self.pairs[:, 0].astype(np.int64) * len(self.other_ids) + self.pairs[:, 1]

    def _check_shapes(self) -> None:
        p = len(self.pairs)
        expected = {
            "pairs": ((p, 2), "int32"),
            "direction": ((p,), "uint8"),
            "matches": ((p,), "int32"),
            "inliers": ((p,), "int32"),
            "transforms": ((p, 3, 3), "float32"),
            "offsets": ((p + 1,), "int64"),
            "matched": ((len(self.matched), 4), "uint16"),
        }
        for name, (shape, dtype) in expected.items():
            found: NDArray[Any] = getattr(self, name)
            if found.shape != shape or found.dtype != dtype:
                raise DataError(
                    f"evidence: {name} must be {shape} {dtype}, found {found.shape} {found.dtype}"
                )

    def _check_ids(self) -> None:
        for name in ("image_ids", "other_ids"):
            ids: NDArray[np.str_] = getattr(self, name)
            once, counts = np.unique(ids, return_counts=True)
            if len(once) != len(ids):
                raise DataError(f"evidence: {name} names '{once[counts.argmax()]}' more than once")

    def _check_pairs(self) -> None:
        rows = self.pairs
        outside = (rows < 0) | (rows >= [len(self.image_ids), len(self.other_ids)])
        outside = outside[:, 0] | outside[:, 1]
        self._refuse(
            outside, f"a row outside its {len(self.image_ids)} and {len(self.other_ids)} images", rows
        )
        keys = self._keys()
        self._refuse(np.diff(keys, prepend=-1) <= 0, "listed twice or out of order", rows)
        if self.other_ids is self.image_ids and len(rows):
            ids = self.image_ids
            self._refuse(
                np.asarray(ids[rows[:, 0]] >= ids[rows[:, 1]]), "must name the smaller id first", rows
            )

    def _check_counts(self) -> None:
        known = [FORWARD, BACKWARD, FORWARD | BACKWARD]
        self._refuse(~np.isin(self.direction, known), "direction must be 1, 2 or 3", self.direction)
        self._refuse(self.inliers < 0, "inliers must not be negative", self.inliers)
        self._refuse(self.inliers > self.matches, "more inliers than matches", self.inliers)
        if self.offsets[0] != 0 or self.offsets[-1] != len(self.matched):
            span = f"{self.offsets[0]}..{self.offsets[-1]}"
            raise DataError(f"evidence: offsets span {span}, expected 0..{len(self.matched)}")
        self._refuse(np.diff(self.offsets) != self.inliers, "as many points as inliers", self.inliers)
        lacks = np.isnan(self.transforms).reshape(-1, 9).any(axis=1)
        self._refuse(lacks != (self.inliers == 0), "a transform where there are inliers", self.inliers)

    @staticmethod
    def _refuse(bad: NDArray[np.bool_], rule: str, values: NDArray[Any]) -> None:
        if bad.any():
            row = int(bad.argmax())
            raise DataError(f"evidence: pair {row}: {rule}, found {values[row].tolist()}")


def _read(path: Path) -> NDArray[Any]:
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"evidence: {path} cannot be read: {error}") from error
