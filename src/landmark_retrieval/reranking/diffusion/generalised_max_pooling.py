"""Generalised max pooling: regions of an image weighted so that frequent ones do not drown the others."""

from __future__ import annotations

import numpy as np

from landmark_retrieval.arrays import Float64s
from landmark_retrieval.reranking.regions import RegionEmbeddings

_NUMBERS = 2**23  # of gathered descriptors held at once


def pooling_weights(regions: RegionEmbeddings, regulariser: float) -> Float64s:
    """`c = (VᵀV + λI)⁻¹ 1` for each image, `V` its regions as columns (Iscen et al., §4.3), `(n_regions,)`.

    An image may have no region; the regulariser λ is positive.
    """
    weights = np.empty(len(regions.vectors))
    sizes = np.diff(regions.offsets)
    for size in np.unique(sizes[sizes > 0]):
        first = regions.offsets[:-1][sizes == size]
        step = max(1, _NUMBERS // int(size * regions.vectors.shape[1]))
        for start in range(0, len(first), step):
            rows = first[start : start + step, None] + np.arange(size)
            vectors = regions.vectors[rows].astype(np.float64)
            gram = vectors @ vectors.swapaxes(1, 2) + regulariser * np.eye(size)
            weights[rows] = np.linalg.solve(gram, np.ones((len(rows), size, 1)))[..., 0]
    return weights
