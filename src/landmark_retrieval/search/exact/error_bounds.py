"""Error bounds of a scan: how far its score can be from the exact score of the pair.

A scan multiplies rounded vectors `q̃`, `x̃` in some order of summation and rounds the product once more:

    |q·x − q̃·x̃|          ≤ ‖q − q̃‖·‖x̃‖ + ‖q‖·‖x − x̃‖          (Cauchy–Schwarz)
    |q̃·x̃ − accumulated|  ≤ γ·‖q̃‖·‖x̃‖,  γ = dim·u / (1 − dim·u)  (Higham, Accuracy and Stability, §3.1)
    |accumulated − s̃|     ≤ r·|s̃|

The norms of the rounding errors are measured, not assumed: for bfloat16 they are 0.4 of the worst case.
The exact score of a pair differs from `q·x` by up to two units of float32, and numbers below 2⁻¹²⁶ may become
zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np

from landmark_retrieval.arrays import Float64s, Floats

Precision = Literal["float32", "bfloat16"]

_UNIT = {"float32": 2.0**-24, "bfloat16": 2.0**-22}  # tensor cores cut where others round: two bits to spare
_TINY = 2.0**-126
_LARGEST = 2.0**120  # products that float32 certainly holds
_SLACK = 1 + 2.0**-20  # for the rounding of the bound itself


@dataclass(frozen=True, eq=False)
class Norms:
    """Lengths of vectors, of the rounded vectors, and of the differences, each `(n,)` float64."""

    exact: Float64s
    rounded: Float64s
    difference: Float64s

    @classmethod
    def from_squares(cls, squares: Float64s) -> Norms:
        """From squared lengths, `(n, 3)` float64."""
        return cls(*np.sqrt(squares).T)

    @classmethod
    def zero(cls) -> Norms:
        """Norms of one vector of zeros."""
        return cls(*np.zeros((3, 1)))

    def longest(self) -> Norms:
        """Maximum of each, as norms of one vector."""
        return Norms(*(np.max(n, initial=0.0, keepdims=True) for n in self._all()))

    def joined(self, other: Norms) -> Norms:
        """Elementwise maximum."""
        return Norms(*(np.maximum(a, b) for a, b in zip(self._all(), other._all(), strict=True)))

    def _all(self) -> tuple[Float64s, Float64s, Float64s]:
        return self.exact, self.rounded, self.difference


def exact_norms(vectors: Floats) -> Norms:
    """Norms of `(n, dim)` vectors that are scanned without rounding."""
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    return Norms(length, length, np.zeros_like(length))


def absolute_error(queries: Norms, index: Norms, dim: int, precision: Precision) -> Float64s:
    """Absolute part of the bound on `|s̃ − score|`, `(n_queries,)`; infinite where float32 might overflow.

    Args:
        queries: of `n_queries` vectors.
        index: of one vector, at least as long as any row.
        dim: number of columns.
        precision: of the scan.
    """
    bound = queries.difference * index.rounded + queries.exact * index.difference
    bound += _gamma(dim, _UNIT[precision]) * queries.rounded * index.rounded
    bound += 2.0**-23 * queries.exact * index.exact
    bound += dim * _TINY * (3 + queries.exact + index.exact)
    largest = np.maximum(queries.exact, queries.rounded) * np.maximum(index.exact, index.rounded)
    return np.where(largest < _LARGEST, bound * _SLACK, np.inf)


def relative_error(product: Precision) -> float:
    """Relative part of the bound on `|s̃ − score|`, for products that are returned in this precision."""
    return 2.0**-8 / (1 - 2.0**-8) if product == "bfloat16" else 0.0


@contextmanager
def full_precision_products() -> Iterator[None]:
    """Make torch multiply as precisely as the bounds assume; its settings are restored afterwards.

    Training may have allowed TF32 or bfloat16 for products of float32, or sums that are rounded to bfloat16.
    A scan changes the number of torch's threads.
    """
    import torch

    matmul = torch.backends.cuda.matmul
    precision, threads = torch.get_float32_matmul_precision(), torch.get_num_threads()
    reduced = matmul.allow_bf16_reduced_precision_reduction
    torch.set_float32_matmul_precision("highest")
    matmul.allow_bf16_reduced_precision_reduction = False
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(precision)
        torch.set_num_threads(threads)
        matmul.allow_bf16_reduced_precision_reduction = reduced


def _gamma(dim: int, unit: float) -> float:
    return dim * unit / (1 - dim * unit)
