"""Inspection of image files: size and hashes of each, or why it is damaged."""

from __future__ import annotations

import hashlib
import logging
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from landmark_retrieval.images.hashing import perceptual_hash
from landmark_retrieval.images.reading import DamagedImage, read_picture
from landmark_retrieval.parallel.prefetch import prefetch
from landmark_retrieval.tables import DamagedImages, table_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from landmark_retrieval.images.file_tree import FileTree

logger = logging.getLogger(__name__)


class Inspection(NamedTuple):
    """Readable and damaged images of a split.

    Attributes:
        readable: the readable rows in their order, with `width` and `height` in pixels.
        damaged: the others, a table of `tables.DamagedImages`.
        hashes: of the readable rows in their order: `image_id`, `split`, `sha256` (hexadecimal, of the file)
            and `perceptual` (Int64: the 64 bits of `perceptual_hash` as a signed number, missing where a
            picture has none).
    """

    readable: pd.DataFrame
    damaged: pd.DataFrame
    hashes: pd.DataFrame


class _Picture(NamedTuple):
    width: int
    height: int
    sha256: bytes
    perceptual: int | None


class _Pictures:
    """Arrays rather than objects: of millions of pictures they take a tenth of the memory."""

    def __init__(self, n: int) -> None:
        self.sizes = np.zeros((n, 2), dtype=np.int64)
        self.sha256 = np.zeros((n, 32), dtype=np.uint8)
        self.perceptual = np.zeros(n, dtype=np.uint64)
        self.lacks_hash = np.ones(n, dtype=bool)

    def put(self, row: int, picture: _Picture) -> None:
        self.sizes[row] = picture.width, picture.height
        self.sha256[row] = np.frombuffer(picture.sha256, np.uint8)
        if picture.perceptual is not None:
            self.perceptual[row], self.lacks_hash[row] = picture.perceptual, False

    @property
    def readable(self) -> NDArray[np.bool_]:
        return self.sizes[:, 0] > 0


def inspect_images(files: FileTree, images: pd.DataFrame, split: str, workers: int) -> Inspection:
    """Decode every picture once, in `workers` threads.

    Args:
        files: root of the paths.
        images: one row per picture, with `image_id`, `path` and any other columns.
        split: name of the split, for the tables.
        workers: threads; no effect on the result.
    """
    from tqdm import tqdm

    started = perf_counter()
    outcomes = _outcomes(files, images["path"], workers)
    progress = tqdm(outcomes, f"inspect {split}", len(images), unit="image", mininterval=1)
    pictures, damaged = _Pictures(len(images)), []
    for row, outcome in enumerate(progress):
        if isinstance(outcome, DamagedImage):
            damaged.append((row, outcome))
        else:
            pictures.put(row, outcome)
    seconds = perf_counter() - started
    logger.info(
        "inspected %d %s images, %d damaged, %d without a perceptual hash, in %.1f s (%.0f a second)",
        len(images), split, len(damaged), (pictures.lacks_hash & pictures.readable).sum(), seconds,
        len(images) / max(seconds, 1e-9),
    )  # fmt: skip
    return Inspection(
        _readable_table(images, pictures),
        _damaged_table(images, split, damaged),
        _hash_table(images, split, pictures),
    )


def _outcomes(files: FileTree, paths: pd.Series, workers: int) -> Iterator[_Picture | DamagedImage]:
    def look(path: str) -> _Picture | DamagedImage:
        try:
            pixels, data = read_picture(files, path)
        except DamagedImage as damage:
            return damage
        height, width, _ = pixels.shape
        return _Picture(width, height, hashlib.sha256(data).digest(), perceptual_hash(pixels))

    return prefetch(paths, look, workers)


def _readable_table(images: pd.DataFrame, pictures: _Pictures) -> pd.DataFrame:
    sized = images.assign(width=pictures.sizes[:, 0], height=pictures.sizes[:, 1])
    return sized[pictures.readable].reset_index(drop=True)


def _hash_table(images: pd.DataFrame, split: str, pictures: _Pictures) -> pd.DataFrame:
    readable = pictures.readable
    digits = pictures.sha256[readable].tobytes().hex()
    table = pd.DataFrame({"image_id": images["image_id"].to_numpy()[readable]}, dtype="str")
    bits = pictures.perceptual[readable].view(np.int64)
    return table.assign(
        split=pd.array([split] * len(table), dtype="str"),
        sha256=pd.array([digits[i : i + 64] for i in range(0, len(digits), 64)], dtype="str"),
        perceptual=pd.arrays.IntegerArray(bits, pictures.lacks_hash[readable]),
    )


def _damaged_table(images: pd.DataFrame, split: str, damaged: list[tuple[int, DamagedImage]]) -> pd.DataFrame:
    ids = images["image_id"]
    rows = [(ids.iloc[row], d.path, split, d.reason, d.detail) for row, d in damaged]
    return table_of(DamagedImages, rows)
