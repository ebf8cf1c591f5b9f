"""Blockwise reading of vectors, so that an index on disk is never held in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from tqdm import tqdm

from landmark_retrieval.arrays import Float32s, Floats
from landmark_retrieval.errors import DataError

BLOCK_ROWS = 65_536


def check_finite(vectors: Floats, name: str, first_row: int = 0) -> None:
    """Raise if a vector holds NaN or infinity.

    Raises:
        DataError: a row of `(n, dim)` vectors is not finite; counted from `first_row`.
    """
    finite = np.isfinite(vectors).all(axis=1)
    if not finite.all():
        row = first_row + int(np.argmin(finite))
        raise DataError(f"{name} row {row}: expected finite numbers, found NaN or infinity")


def block_starts(n: int, name: str, block_rows: int) -> Iterable[int]:
    """First row of each block of `n` rows, with a progress bar."""
    return tqdm(range(0, n, block_rows), desc=f"{name} blocks", unit="block", leave=False, disable=None)


def read_blocks(vectors: Floats, name: str, block_rows: int = BLOCK_ROWS) -> Iterator[tuple[int, Float32s]]:
    """First row and float32 copy of each block of `(n, dim)` vectors, in row order.

    Raises:
        DataError: a row is not finite.
    """
    for start in block_starts(len(vectors), name, block_rows):
        block = np.array(vectors[start : start + block_rows], dtype=np.float32, order="C")
        check_finite(block, name, start)
        yield start, block
