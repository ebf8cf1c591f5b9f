"""Every picture of a source read once: its size, or why it is damaged."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from landmark_retrieval.images.reading import DamagedImage, read_rgb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from landmark_retrieval.images.file_tree import FileTree

_logger = logging.getLogger(__name__)
_BLOCK = 4096
_DAMAGED_COLUMNS = ["image_id", "path", "split", "reason", "detail"]


def inspect_images(
    files: FileTree, images: pd.DataFrame, split: str, workers: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Decode every picture once.

    Args:
        files: where the paths lead.
        images: one row per picture, with `image_id`, `path` and whatever else a format gives.
        split: name of the split, for the report.
        workers: threads that decode; the result does not depend on their number.

    Returns:
        The readable rows in their order with `width` and `height` in pixels, and the others as a table of
        `tables.DamagedImages`.
    """
    from tqdm import tqdm

    started = perf_counter()
    outcomes = tqdm(
        _outcomes(files, images["path"], workers),
        f"inspect {split}",
        len(images),
        unit="image",
        mininterval=1,
    )
    sizes = np.zeros((len(images), 2), dtype=np.int64)
    damaged = []
    for row, outcome in enumerate(outcomes):
        if isinstance(outcome, DamagedImage):
            damaged.append((row, outcome))
        else:
            sizes[row] = outcome
    seconds = perf_counter() - started
    rate = len(images) / max(seconds, 1e-9)
    _logger.info(
        "inspected %d %s images, %d damaged, in %.1f s (%.0f a second)",
        len(images), split, len(damaged), seconds, rate,
    )  # fmt: skip
    readable = images.assign(width=sizes[:, 0], height=sizes[:, 1])[sizes[:, 0] > 0]
    return readable.reset_index(drop=True), _damaged_table(images, split, damaged)


def _outcomes(files: FileTree, paths: pd.Series, workers: int) -> Iterator[tuple[int, int] | DamagedImage]:
    def size_or_damage(path: str) -> tuple[int, int] | DamagedImage:
        try:
            height, width, _ = read_rgb(files, path).shape
        except DamagedImage as damage:
            return damage
        return width, height

    remaining = iter(paths)
    with ThreadPoolExecutor(workers) as pool:
        # A pool takes all its work at once: in blocks, millions of paths do not become millions of futures.
        while block := list(islice(remaining, _BLOCK)):
            yield from pool.map(size_or_damage, block)


def _damaged_table(images: pd.DataFrame, split: str, damaged: list[tuple[int, DamagedImage]]) -> pd.DataFrame:
    ids = images["image_id"]
    rows = [(ids.iloc[row], d.path, split, d.reason, d.detail) for row, d in damaged]
    return pd.DataFrame(rows, columns=_DAMAGED_COLUMNS, dtype="str")
