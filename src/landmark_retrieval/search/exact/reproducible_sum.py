"""The order in which the products of a pair are added up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LANES = 64
"""Partial sums of a product: element `j` goes to lane `j mod LANES`."""


def sum_in_lanes(products: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums over the last axis of `(…, dim)`, each in an order that depends on `dim` alone.

    A lane is added up in ascending order; then the upper half of the lanes is added to the lower until one is
    left. `pair_kernels` does the same, compiled.
    """
    lanes = np.zeros((*products.shape[:-1], LANES))
    for start in range(0, products.shape[-1], LANES):
        part = products[..., start : start + LANES]
        lanes[..., : part.shape[-1]] += part
    width = LANES // 2
    while width:
        lanes[..., :width] += lanes[..., width : 2 * width]
        width //= 2
    return lanes[..., 0]
