"""Extraction of the local features of a table of photographs."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.images.reading import read_rgb
from landmark_retrieval.local_features.extractor import Extractor
from landmark_retrieval.local_features.features import LocalFeatures
from landmark_retrieval.local_features.storage.quantisation import quantise
from landmark_retrieval.local_features.storage.shard import FeatureShard
from landmark_retrieval.local_features.storage.shard_cache import FinishedShards
from landmark_retrieval.local_features.storage.store import SHARD_IMAGES, LocalFeatureStore, unique_ids
from landmark_retrieval.models.views import View, box_of
from landmark_retrieval.parallel.one_thread import one_opencv_thread
from landmark_retrieval.parallel.prefetch import prefetch
from landmark_retrieval.storage.atomic_write import remove_partials
from landmark_retrieval.storage.file_stamp import UNKNOWN, FileStamp
from landmark_retrieval.tables.sources import BOX

logger = logging.getLogger(__name__)

_Note = TypeVar("_Note")


@dataclass(frozen=True, eq=False)
class LocalFeatureStream:
    """Local features that are computed while they are iterated over or saved.

    Attributes:
        image_ids: `(n,)` str, in the order of the features.
    """

    image_ids: NDArray[np.str_]
    _files: FileTree
    _paths: list[str]
    _crops: list[View] | None
    _extractor: Extractor
    _workers: int
    _work: Path | None

    def __len__(self) -> int:
        return len(self._paths)

    def __iter__(self) -> Iterator[LocalFeatures]:
        """Features of each image in turn; `DataError` if one cannot be read or is smaller than its box."""
        for _, features in self._found(range(len(self)), lambda row: None):
            yield features

    def save(self, folder: Path, shard_images: int = SHARD_IMAGES) -> LocalFeatureStore:
        """Write a store of all images to `folder`, one shard in memory at a time.

        With a work folder, each shard is finished there and then linked into `folder`. A shard of an earlier
        run is reused if its images, their boxes, the extractor and the content of its pictures are the same;
        pictures are read for this check only if their times have changed.

        Raises:
            DataError: a picture cannot be read or is smaller than its box, or features cannot be quantised.
            ValueError: an id is listed twice.
        """
        ids = unique_ids(self.image_ids.tolist())
        if self._work is None:
            return LocalFeatureStore.write(folder, ids.tolist(), self, shard_images)
        remove_partials(self._work)
        shards = self._continued(FinishedShards(self._work), shard_images)
        return LocalFeatureStore.gather(folder, ids, shards, shard_images)

    def _continued(self, finished: FinishedShards, shard_images: int) -> Iterator[Path]:
        """Path of each shard; missing ones are computed first."""
        blocks = [range(len(self))[i : i + shard_images] for i in range(0, len(self), shard_images)]
        extractor = self._extractor.fingerprint

        def find(number: int) -> Path | None:
            rows = blocks[number]
            return finished.find(number, self._fingerprint(rows, extractor), self._where(rows))

        there = list(prefetch(range(len(blocks)), find, self._workers))
        missing = [row for rows, path in zip(blocks, there, strict=True) if path is None for row in rows]
        found = self._found(missing, self._stamp)
        for number, (rows, path) in enumerate(zip(blocks, there, strict=True)):
            yield path or self._make(finished, number, rows, self._fingerprint(rows, extractor), found)
        next(found, None)  # so that it ends and logs its duration

    def _make(
        self,
        finished: FinishedShards,
        number: int,
        rows: range,
        fingerprint: str,
        found: Iterator[tuple[FileStamp, LocalFeatures]],
    ) -> Path:
        ids = self.image_ids[rows.start : rows.stop].tolist()
        stamps, images = [], []
        for image_id, (stamp, features) in zip(ids, islice(found, len(rows)), strict=True):
            stamps.append(stamp)
            images.append(quantise(image_id, features))
        return finished.leave(number, FeatureShard.pack(ids, images), fingerprint, stamps)

    def _found(
        self, rows: Sequence[int], take_note: Callable[[int], _Note]
    ) -> Iterator[tuple[_Note, LocalFeatures]]:
        """The note on each row, made before its picture is read, and its features."""
        started, n = time.perf_counter(), len(self)
        with one_opencv_thread():
            found = self._extracted(rows, take_note)
            yield from tqdm(found, "local features", n, initial=n - len(rows), unit="image", mininterval=0.5)
        seconds = time.perf_counter() - started
        logger.info(
            "local features of %d images in %.1f s (%.0f images/s), of %d others by an earlier run",
            len(rows), seconds, len(rows) / seconds, n - len(rows),
        )  # fmt: skip

    def _extracted(
        self, rows: Sequence[int], take_note: Callable[[int], _Note]
    ) -> Iterator[tuple[_Note, LocalFeatures]]:
        """Extraction in threads, as OpenCV releases the GIL; only reading if it is `one_at_a_time`."""

        def read(row: int) -> tuple[_Note, NDArray[np.uint8]]:
            return take_note(row), self._pixels(row)

        def extract(row: int) -> tuple[_Note, LocalFeatures]:
            note, pixels = read(row)
            return note, self._extractor(pixels)

        if not self._extractor.one_at_a_time:
            yield from prefetch(rows, extract, self._workers)
            return
        for note, pixels in prefetch(rows, read, self._workers):
            yield note, self._extractor(pixels)

    def _pixels(self, row: int) -> NDArray[np.uint8]:
        pixels = read_rgb(self._files, self._paths[row])
        return pixels if self._crops is None else self._crops[row].crop(pixels)

    def _stamp(self, row: int) -> FileStamp:
        """Stamp of the file before it is read: if it changes in between, it counts as changed."""
        try:
            path = self._files.path(self._paths[row])
            return FileStamp.of(path) if path.is_file() else UNKNOWN
        except (OSError, DataError):
            return UNKNOWN  # reading it raises what is wrong

    def _where(self, rows: range) -> list[Path]:
        return [self._files.path(path) for path in self._paths[rows.start : rows.stop]]

    def _fingerprint(self, rows: range, extractor: str) -> str:
        """Of everything that determines the features of some rows except the content of the pictures."""
        part = slice(rows.start, rows.stop)
        boxes = None if self._crops is None else [view.box for view in self._crops[part]]
        content = json.dumps([extractor, self.image_ids[part].tolist(), self._paths[part], boxes])
        return hashlib.sha256(content.encode()).hexdigest()


def extract_features(
    files: FileTree,
    images: pd.DataFrame,
    extractor: Extractor,
    workers: int,
    crop: bool,
    work: Path | None = None,
) -> LocalFeatureStream:
    """Local features of every image of the table, in its row order, computed while they are saved.

    Args:
        files: root of the table's paths.
        images: columns `image_id` and `path`; with `crop` also `width` and `height`.
        extractor: of the features.
        workers: threads; no effect on the result.
        crop: use only the boxes `x1`, `y1`, `x2`, `y2` of the table where they are not NaN, the protocol of
            revisited benchmarks for queries; keypoints are then in pixels of the crop.
        work: folder for the finished shards of this table, from which an interrupted run continues.

    Raises:
        DataError: a box holds no pixel of its photograph or is incomplete.
    """
    ids = np.asarray(images["image_id"].tolist(), dtype=np.str_)
    crops = _crops(images) if crop and set(BOX) <= set(images.columns) else None
    return LocalFeatureStream(ids, files, images["path"].tolist(), crops, extractor, workers, work)


def _crops(images: pd.DataFrame) -> list[View]:
    columns = (images[name].tolist() for name in ("path", "width", "height"))
    rows = zip(*columns, images[BOX].to_numpy(np.float64).tolist(), strict=True)
    boxes = [(path, box_of(path, numbers, [width, height])) for path, width, height, numbers in rows]
    return [View(path, box, (box[2] - box[0], box[3] - box[1])) for path, box in boxes]
