"""Products of all descriptors of one picture with all of another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError

MAX_INTEGER_DIM = 256
"""Up to so many dimensions every sum of products of bytes stays below 2²⁴, where float32 is exact."""

_HALF = 128


@dataclass(frozen=True, eq=False)
class Operand:
    """Descriptors of one picture, ready to be multiplied.

    Bytes are moved from 0..255 to −128..127, which processors multiply fastest; `shift` undoes that in the
    product. A cosine does not change with the length of a row, so floats are rounded, if so wished, in steps
    of 1/127 of the largest value of their row.

    Attributes:
        rows: `(n, d)` int8 or float32.
        shift: `(n,)` float32, what is added to the products of a row.
        scale: `(n,)` float32, one over the norm; 0 for a row of zeros.
        offset: what was taken from each value of `rows`.
    """

    rows: NDArray
    shift: NDArray[np.float32]
    scale: NDArray[np.float32]
    offset: int = 0

    @classmethod
    def of(cls, descriptors: NDArray, rounded: bool) -> Operand:
        """Make ready `(n, d)` uint8, float16 or float32, of any norm; those of zeros resemble nothing.

        Args:
            descriptors: finite.
            rounded: whether floats become integers.

        Raises:
            DataError: they are of another type.
        """
        if descriptors.dtype == np.uint8 and descriptors.shape[1] <= MAX_INTEGER_DIM:
            rows = (descriptors ^ np.uint8(_HALF)).view(np.int8)
            sums = descriptors.sum(axis=1, dtype=np.int64)
            shift = _HALF * sums - _HALF**2 // 2 * descriptors.shape[1]
            return cls(rows, shift.astype(np.float32), _one_over_norm(descriptors), _HALF)
        if descriptors.dtype not in (np.uint8, np.float16, np.float32):
            raise DataError(f"descriptors must be uint8, float16 or float32, found {descriptors.dtype}")
        rows = np.ascontiguousarray(descriptors, dtype=np.float32)
        if rounded and rows.shape[1] <= MAX_INTEGER_DIM:
            largest = np.abs(rows).max(axis=1, initial=0, keepdims=True)
            rows = np.rint(np.divide(rows * 127, largest, out=np.zeros_like(rows), where=largest > 0))
            return cls(rows.astype(np.int8), np.zeros(len(rows), np.float32), _one_over_norm(rows))
        return cls(rows, np.zeros(len(rows), np.float32), _one_over_norm(rows))

    def unit_rows(self) -> NDArray[np.float32]:
        """The descriptors themselves, `(n, d)` float32 L2-normalised."""
        return (self.rows.astype(np.float32) + np.float32(self.offset)) * self.scale[:, None]

    def __len__(self) -> int:
        return len(self.rows)


def product(first: Operand, second: Operand) -> NDArray:
    """`first.rows @ second.rows.T`, `(n, m)`: int32, exact on any machine, or float32.

    Raises:
        DataError: the descriptors differ in length or kind.
    """
    kinds = {(side.rows.shape[1], side.rows.dtype, side.offset) for side in (first, second)}
    if len(kinds) > 1:
        described = [f"{side.rows.shape[1]}-d {side.rows.dtype}" for side in (first, second)]
        raise DataError(f"descriptors of a pair must be of one kind, found {' and '.join(described)}")
    if first.rows.dtype == np.float32:
        return first.rows @ second.rows.T
    if has_exact_integers():
        return _integer_product(first.rows, second.rows)
    return first.rows.astype(np.float32) @ second.rows.astype(np.float32).T


@lru_cache(1)
def has_exact_integers() -> bool:
    """Whether integers are multiplied exactly; without VNNI sums of two products may saturate."""
    extreme = np.full((64, MAX_INTEGER_DIM), -_HALF, np.int8)
    extreme[::2] = _HALF - 1
    wide = extreme.astype(np.int64)
    return bool((_integer_product(extreme, extreme) == wide @ wide.T).all())


def _integer_product(first: NDArray[np.int8], second: NDArray[np.int8]) -> NDArray[np.int32]:
    import torch

    return torch._int_mm(torch.from_numpy(first), torch.from_numpy(second).t()).numpy()


def _one_over_norm(rows: NDArray) -> NDArray[np.float32]:
    norms = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))
    return np.divide(1, norms, out=np.zeros_like(norms), where=norms > 0).astype(np.float32)
