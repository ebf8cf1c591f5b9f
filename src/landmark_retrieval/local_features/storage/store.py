"""Local features of many pictures, in shards."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landmark_retrieval.local_features.features import LocalFeatures, StoredFeatures
from landmark_retrieval.local_features.storage.quantisation import pixels, quantise, unit_rows
from landmark_retrieval.local_features.storage.shard import FeatureShard
from landmark_retrieval.local_features.storage.store_files import Contents, ShardEntry, shard_path

SHARD_IMAGES = 1024
"""Images a shard: 69 MB of 500 RootSIFT each, held in memory while they are extracted."""

OPEN_SHARDS = 256
"""Shards that stay mapped, a file handle each; the others are opened again when needed."""


class LocalFeatureStore:
    """Local features of a list of images, quantised, on disk or in memory.

    A store is built from features by `pack` or `write`, which raise `DataError` for features that cannot be
    quantised, and `ValueError` if ids and features differ in number, an id is repeated, or descriptors differ
    in length or encoding.

    Attributes:
        image_ids: `(n,)` str, unique.
        fingerprint: of ids and features, and of the number of images per shard.
        folder: from which the store was loaded, or None.
    """

    def __init__(
        self,
        image_ids: NDArray[np.str_],
        contents: Contents,
        open_shard: Callable[[int], FeatureShard],
        folder: Path | None = None,
    ) -> None:
        self.image_ids = image_ids
        self.folder = folder
        self.fingerprint = contents.fingerprint
        self._contents = contents
        self._shard = open_shard
        self._images = contents.shard_images
        self._nothing = np.zeros((0, contents.width), contents.encoding)
        self._nothing.flags.writeable = False

    @classmethod
    def pack(
        cls, image_ids: Iterable[str], features: Iterable[LocalFeatures], shard_images: int = SHARD_IMAGES
    ) -> LocalFeatureStore:
        """A store in memory of the features of `image_ids`, in their order."""
        ids = unique_ids(image_ids)
        shards = list(_shards(ids, features, shard_images))
        contents = Contents.of([ShardEntry.of(shard) for shard in shards], shard_images)
        return cls(ids, contents, shards.__getitem__)

    @classmethod
    def write(
        cls,
        folder: Path,
        image_ids: Iterable[str],
        features: Iterable[LocalFeatures],
        shard_images: int = SHARD_IMAGES,
    ) -> LocalFeatureStore:
        """A store in `folder` of the features of `image_ids`, in their order; one shard is held in memory."""
        ids = unique_ids(image_ids)
        return cls.gather(folder, ids, _shards(ids, features, shard_images), shard_images)

    @classmethod
    def gather(
        cls, folder: Path, ids: NDArray[np.str_], shards: Iterable[FeatureShard | Path], shard_images: int
    ) -> LocalFeatureStore:
        """A store in `folder` of shards; those that are files already are linked, or else copied."""
        folder.mkdir(parents=True, exist_ok=True)
        entries = []
        for number, shard in enumerate(shards):
            path = shard_path(folder, number)
            path.unlink(missing_ok=True)
            if isinstance(shard, Path):
                _link(shard, path)
            else:
                shard.save(path)
            entries.append(ShardEntry.of(FeatureShard.open(path) if isinstance(shard, Path) else shard))
        contents = Contents.of(entries, shard_images)
        contents.save(folder, ids)
        return cls.load(folder)

    @classmethod
    def load(cls, folder: Path) -> LocalFeatureStore:
        """The store in `folder`, memory-mapped; `DataError` if a file is missing or truncated."""
        contents, ids = Contents.load(folder)
        open_shard = lru_cache(OPEN_SHARDS)(lambda number: FeatureShard.open(shard_path(folder, number)))
        return cls(ids, contents, open_shard, folder)

    def save(self, folder: Path) -> None:
        """Write everything into `folder`, created if missing."""
        numbers = range(len(self._contents.shards))
        self.gather(folder, self.image_ids, (self._shard(n) for n in numbers), self._images)

    def __len__(self) -> int:
        return len(self.image_ids)

    def features(self, row: int) -> LocalFeatures:
        """Local features of the image in `row`, descriptors as float32 of unit norm."""
        shard, own = self._locate(row)
        return LocalFeatures(
            pixels(shard.keypoints[own]),
            unit_rows(self._descriptors(shard, own)),
            shard.scores[own].astype(np.float32),
            self._contents.encoding,
            self._size(shard, row),
        )

    def stored(self, row: int) -> StoredFeatures:
        """The same without scores, descriptors as they are stored."""
        shard, own = self._locate(row)
        descriptors = self._descriptors(shard, own)
        return StoredFeatures(pixels(shard.keypoints[own]), descriptors, self._size(shard, row))

    def rows_of(self, image_ids: Iterable[str]) -> NDArray[np.int64]:
        """Row of each id, −1 where it has no features here, `(m,)` int64."""
        ids = np.asarray([str(i) for i in image_ids], dtype=object)
        return self._row_of_id.get_indexer(pd.Index(ids, dtype=object)).astype(np.int64)

    @cached_property
    def _row_of_id(self) -> pd.Index:
        return pd.Index(self.image_ids.astype(object), dtype=object)

    def _locate(self, row: int) -> tuple[FeatureShard, slice]:
        if not 0 <= row < len(self.image_ids):
            raise IndexError(f"row {row} of {len(self.image_ids)} images with local features")
        number, own = divmod(row, self._images)
        shard = self._shard(number)
        return shard, slice(shard.offsets[own], shard.offsets[own + 1])

    def _size(self, shard: FeatureShard, row: int) -> tuple[int, int] | None:
        if shard.sizes is None:
            return None
        width, height = shard.sizes[row % self._images].tolist()
        return (width, height) if width else None

    def _descriptors(self, shard: FeatureShard, own: slice) -> NDArray[np.uint8] | NDArray[np.float16]:
        # A shard without keypoints does not record the length of descriptors.
        return shard.descriptors[own] if own.start < own.stop else self._nothing


def unique_ids(image_ids: Iterable[str]) -> NDArray[np.str_]:
    """The ids as an array; `ValueError` if one is listed twice."""
    ids = [str(i) for i in image_ids]
    if len(set(ids)) != len(ids):
        raise ValueError("an image_id is listed twice among the local features")
    return np.asarray(ids, dtype=np.str_)


def _shards(
    ids: NDArray[np.str_], features: Iterable[LocalFeatures], shard_images: int
) -> Iterator[FeatureShard]:
    quantised = (quantise(str(i), f) for i, f in zip(ids, features, strict=True))
    start = 0
    while block := list(islice(quantised, shard_images)):
        yield FeatureShard.pack(ids[start : start + len(block)].tolist(), block)
        start += len(block)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
