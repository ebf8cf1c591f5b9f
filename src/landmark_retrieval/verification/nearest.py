"""Nearest and second nearest descriptors of another picture, by matrix product or kd-tree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.verification.products import PreparedDescriptors, product

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

Cosines = NDArray[np.float32]

_LOOKED_UP = 3
"""Neighbours requested from a tree: the nearest, the second nearest, and one that shows whether more tie."""

_TREE_ERROR = 1e-5
"""More than the rounding of a tree's distances moves a cosine."""


class Nearest(Protocol):
    """Nearest descriptors between two pictures."""

    def of_columns(self) -> tuple[Cosines, Cosines, NDArray[np.integer]]:
        """Of each descriptor of the second: largest and second largest cosine, first row of the largest.

        `(m,)` each; `-inf` where the first has but one descriptor.
        """

    def best_excluding(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> tuple[Cosines, Cosines]:
        """Largest cosine of each of these rows before and behind its column, `(k,)` each, `-inf` if none."""


class NearestByProduct:
    """All cosines at once."""

    def __init__(self, first: PreparedDescriptors, second: PreparedDescriptors) -> None:
        self._product = product(first, second)
        self._sides = (first.shift, first.scale), (second.shift, second.scale)

    def of_columns(self) -> tuple[Cosines, Cosines, NDArray[np.integer]]:
        """One pass over the product."""
        from landmark_retrieval.verification.ratio_test import two_largest

        return two_largest(self._product, *self._sides)

    def best_excluding(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> tuple[Cosines, Cosines]:
        """One pass over these rows of the product."""
        from landmark_retrieval.verification.ratio_test import largest_excluding

        return largest_excluding(self._product, *self._sides, rows, columns)


@dataclass(frozen=True, eq=False)
class NearestByTree:
    """A kd-tree over either picture (DELF's code); the cosines of its neighbours are those of the product."""

    first: PreparedDescriptors
    second: PreparedDescriptors

    def of_columns(self) -> tuple[Cosines, Cosines, NDArray[np.integer]]:
        """Each descriptor of the second looked up among the first."""
        rows, cosines = self._look_up(_tree(self.first), np.arange(len(self.second)), swap=False)
        second = cosines[:, 1] if cosines.shape[1] > 1 else np.full(len(cosines), -np.inf, np.float32)
        return cosines[:, 0], second, rows[:, 0]

    def best_excluding(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> tuple[Cosines, Cosines]:
        """These descriptors of the first looked up among the second."""
        found, cosines = self._look_up(self._second_tree, rows, swap=True)
        nothing = np.float32(-np.inf)
        before = np.where(found < columns[:, None], cosines, nothing)
        behind = np.where(found > columns[:, None], cosines, nothing)
        return before.max(axis=1, initial=nothing), behind.max(axis=1, initial=nothing)

    @cached_property
    def _second_tree(self) -> cKDTree:
        return _tree(self.second)

    def _look_up(
        self, tree: cKDTree, wanted: NDArray[np.int64], swap: bool
    ) -> tuple[NDArray[np.int64], Cosines]:
        """Neighbours in a tree, largest cosine first, then smallest row, `(k, 3)` or as many as there are."""
        own, among = (self.first, self.second) if swap else (self.second, self.first)
        k = min(_LOOKED_UP, len(among))
        found = tree.query(own.unit_rows()[wanted], k=list(range(1, k + 1)))[1]
        found, cosines = _in_order(found, _cosines(own, among, wanted, found))
        # Where the third is as near as the second, the tree may have left out an equal one.
        tied = np.flatnonzero(cosines[:, -1] > cosines[:, min(1, k - 1)] - _TREE_ERROR)
        if k < len(among) and len(tied):
            everyone = np.tile(np.arange(len(among)), (len(tied), 1))
            everyone, all_cosines = _in_order(everyone, _cosines(own, among, wanted[tied], everyone))
            found[tied], cosines[tied] = everyone[:, :k], all_cosines[:, :k]
        return found, cosines


def _tree(of: PreparedDescriptors) -> cKDTree:
    from scipy.spatial import cKDTree

    return cKDTree(of.unit_rows())


def _in_order(rows: NDArray[np.int64], cosines: Cosines) -> tuple[NDArray[np.int64], Cosines]:
    order = np.lexsort((rows, -cosines), axis=1)
    return np.take_along_axis(rows, order, 1), np.take_along_axis(cosines, order, 1)


def _cosines(
    first: PreparedDescriptors,
    second: PreparedDescriptors,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> Cosines:
    """Cosine of each of `(n,)` rows with each of its `(n, k)` columns, as `ratio_test` has it."""
    dots = np.einsum("id,ikd->ik", first.rows[rows], second.rows[columns], dtype=np.int32)
    shift, scale = first.shift[rows, None], first.scale[rows, None]
    return (dots.astype(np.float32) + (shift + second.shift[columns])) * (scale * second.scale[columns])
