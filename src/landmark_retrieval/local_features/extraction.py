"""Local features of a whole table of photographs."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.images.reading import read_rgb
from landmark_retrieval.local_features.features import LocalFeatures
from landmark_retrieval.local_features.root_sift import RootSiftSettings, extract_root_sift
from landmark_retrieval.local_features.store import LocalFeatureStore
from landmark_retrieval.models.frames import BOX, Frame, box_of
from landmark_retrieval.models.read_ahead import read_ahead

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class LocalFeatureStream:
    """Local features that are computed while they are iterated over.

    Attributes:
        image_ids: `(n,)` str, in the order of the features.
    """

    image_ids: NDArray[np.str_]
    _files: FileTree
    _paths: list[str]
    _crops: list[Frame] | None
    _settings: RootSiftSettings
    _workers: int

    def __iter__(self) -> Iterator[LocalFeatures]:
        """Features of each image in turn, found by threads a little ahead.

        Threads, because OpenCV lets go of the interpreter while it works; their number changes nothing but
        the time.

        Raises:
            DataError: a picture cannot be read, or does not reach as far as its box.
        """
        started, n = time.perf_counter(), len(self._paths)
        with one_opencv_thread():
            found = read_ahead(range(n), self._extract, self._workers)
            yield from tqdm(found, "local features", n, unit="image")
        seconds = time.perf_counter() - started
        log.info("local features of %d images in %.1f s (%.0f images/s)", n, seconds, n / seconds)

    def _extract(self, row: int) -> LocalFeatures:
        pixels = read_rgb(self._files, self._paths[row])
        seen = pixels if self._crops is None else self._crops[row].crop(pixels)
        return extract_root_sift(seen, self._settings)


def extract_features(
    files: FileTree, images: pd.DataFrame, settings: RootSiftSettings, workers: int, crop: bool
) -> LocalFeatureStream:
    """RootSIFT of every image of the table, in its row order, found while it is saved.

    Args:
        files: where the paths of the table lie.
        images: columns `image_id` and `path`; with `crop` also `width` and `height`.
        settings: of the extraction.
        workers: pictures worked on at once.
        crop: where the table has boxes `x1`, `y1`, `x2`, `y2` that are not NaN, see nothing but the box, as
            revisited benchmarks want it of queries; keypoints are then in pixels of the crop.
            Without, the whole photograph is seen: to find a landmark that two sets share, all of it helps.

    Raises:
        DataError: a box holds no pixel of its photograph, or only a part of it is given.
    """
    ids = np.asarray(images["image_id"].tolist(), dtype=np.str_)
    crops = _crops(images) if crop and set(BOX) <= set(images.columns) else None
    return LocalFeatureStream(ids, files, images["path"].tolist(), crops, settings, workers)


def extract_all(
    files: FileTree, images: pd.DataFrame, settings: RootSiftSettings, workers: int, crop: bool = False
) -> LocalFeatureStore:
    """The same, in memory.

    Raises:
        DataError: as `extract_features`, or a picture cannot be read.
    """
    stream = extract_features(files, images, settings, workers, crop)
    return LocalFeatureStore.pack(stream.image_ids, stream)


def _crops(images: pd.DataFrame) -> list[Frame]:
    columns = (images[name].tolist() for name in ("path", "width", "height"))
    rows = zip(*columns, images[BOX].to_numpy(np.float64).tolist(), strict=True)
    boxes = [(path, box_of(path, numbers, [width, height])) for path, width, height, numbers in rows]
    return [Frame(path, box, (box[2] - box[0], box[3] - box[1])) for path, box in boxes]


@contextmanager
def one_opencv_thread() -> Iterator[None]:
    """Keep OpenCV from starting threads of its own inside ours."""
    import cv2

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
