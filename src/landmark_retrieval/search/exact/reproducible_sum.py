"""Reproducible summation order for inner products."""

from __future__ import annotations

import numpy as np

from landmark_retrieval.arrays import Float64s

LANES = 64
"""Partial sums of an inner product: element `j` is added to partial sum `j mod LANES`."""


def reproducible_sum(products: Float64s) -> Float64s:
    """Sums over the last axis of `(…, dim)`, each in an order that depends on `dim` alone.

    Each of `LANES` partial sums is accumulated in ascending order; then the upper half of them is added to
    the lower half until one is left. `pair_kernels` does the same, compiled.
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
