"""Local features of a whole table of photographs."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pandas as pd
from tqdm import tqdm

from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.images.reading import read_rgb
from landmark_retrieval.local_features.root_sift import RootSiftSettings, extract_root_sift
from landmark_retrieval.local_features.store import LocalFeatureStore

log = logging.getLogger(__name__)


def extract_all(
    files: FileTree, images: pd.DataFrame, settings: RootSiftSettings, workers: int
) -> LocalFeatureStore:
    """RootSIFT of every image of the table, in its row order.

    Threads, because OpenCV lets go of the interpreter while it works; the number of `workers` changes
    nothing but the time.

    Args:
        files: where the paths of the table lie.
        images: columns `image_id` and `path`.
        settings: of the extraction.
        workers: pictures worked on at once.

    Raises:
        DamagedImage: a picture cannot be read.
    """
    started = time.perf_counter()
    paths = images["path"].tolist()
    with one_opencv_thread(), ThreadPoolExecutor(workers) as pool:
        each = pool.map(lambda path: extract_root_sift(read_rgb(files, path), settings), paths)
        store = LocalFeatureStore.pack(
            images["image_id"], tqdm(each, "local features", len(paths), unit="image")
        )
    seconds = time.perf_counter() - started
    log.info(
        "local features of %d images in %.1f s (%.0f images/s)", len(store), seconds, len(store) / seconds
    )
    return store


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
