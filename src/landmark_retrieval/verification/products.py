"""Exact inner products of 8-bit descriptors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError

MAX_BYTES_DIM, MAX_DIM = 256, 1024
"""Dimensions up to which sums of products of bytes, of rounded floats, stay below 2²⁴: float32 is exact."""

_HALF = 128


@dataclass(frozen=True, eq=False)
class PreparedDescriptors:
    """Descriptors of one picture, ready to be multiplied.

    Bytes are moved from 0..255 to −128..127, which processors multiply fastest; `shift` undoes that in the
    product. Floats, and bytes of more than `MAX_BYTES_DIM` dimensions, are rounded in steps of 1/127 of the
    largest absolute value of their row; a cosine does not change with the length of a row. Sums of integers
    are the same in any order, hence on any processor.

    Attributes:
        rows: `(n, d)` int8.
        shift: `(n,)` float32, what is added to the products of a row.
        scale: `(n,)` float32, one over the norm; 0 for a row of zeros, whose cosines are 0.
        offset: subtracted from each value of `rows`.
    """

    rows: NDArray[Any]
    shift: NDArray[np.float32]
    scale: NDArray[np.float32]
    offset: int = 0

    @classmethod
    def of(cls, descriptors: NDArray[Any]) -> PreparedDescriptors:
        """Prepare finite `(n, d)` uint8, float16 or float32 of any norm, d ≤ `MAX_DIM`, else `DataError`."""
        if descriptors.shape[1] > MAX_DIM:
            raise DataError(
                f"descriptors must have at most {MAX_DIM} dimensions, found {descriptors.shape[1]}"
            )
        if descriptors.dtype == np.uint8 and descriptors.shape[1] <= MAX_BYTES_DIM:
            rows = (descriptors ^ np.uint8(_HALF)).view(np.int8)
            sums = descriptors.sum(axis=1, dtype=np.int64)
            shift = _HALF * sums - _HALF**2 // 2 * descriptors.shape[1]
            return cls(rows, shift.astype(np.float32), _one_over_norm(descriptors), _HALF)
        if descriptors.dtype not in (np.uint8, np.float16, np.float32):
            raise DataError(f"descriptors must be uint8, float16 or float32, found {descriptors.dtype}")
        rows = np.ascontiguousarray(descriptors, dtype=np.float32)
        largest = np.abs(rows).max(axis=1, initial=0, keepdims=True)
        rows = np.rint(np.divide(rows * 127, largest, out=np.zeros_like(rows), where=largest > 0))
        return cls(rows.astype(np.int8), np.zeros(len(rows), np.float32), _one_over_norm(rows))

    def unit_rows(self) -> NDArray[np.float32]:
        """The descriptors as they are compared, `(n, d)` float32 L2-normalised."""
        return (self.rows.astype(np.float32) + np.float32(self.offset)) * self.scale[:, None]

    def __len__(self) -> int:
        return len(self.rows)


def product(first: PreparedDescriptors, second: PreparedDescriptors) -> NDArray[Any]:
    """`first.rows @ second.rows.T`, `(n, m)` int32 or the same as float32; `DataError` if kinds differ."""
    kinds = [f"{side.rows.shape[1]}-d {'bytes' if side.offset else 'floats'}" for side in (first, second)]
    if kinds[0] != kinds[1]:
        raise DataError(f"descriptors of a pair must be of one kind, found {' and '.join(kinds)}")
    if has_exact_integers():
        return _integer_product(first.rows, second.rows)
    return first.rows.astype(np.float32) @ second.rows.astype(np.float32).T


@lru_cache(1)
def has_exact_integers() -> bool:
    """Whether integers are multiplied exactly; without VNNI sums of two products may saturate."""
    extreme = np.full((64, MAX_DIM), -_HALF, np.int8)
    extreme[::2] = _HALF - 1
    wide = extreme.astype(np.int64)
    return bool((_integer_product(extreme, extreme) == wide @ wide.T).all())


def _integer_product(first: NDArray[np.int8], second: NDArray[np.int8]) -> NDArray[np.int32]:
    import torch

    return torch._int_mm(torch.from_numpy(first), torch.from_numpy(second).t()).numpy()


def _one_over_norm(rows: NDArray[Any]) -> NDArray[np.float32]:
    norms = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))
    return np.divide(1, norms, out=np.zeros_like(norms), where=norms > 0).astype(np.float32)
