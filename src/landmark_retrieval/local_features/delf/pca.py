"""Principal components of descriptors, without whitening."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from landmark_retrieval.errors import DataError


class Reduction(nn.Module):
    """L2, projection on principal components, L2 (DELF).

    Attributes:
        mean: `(channels,)` float32 of the normalised descriptors.
        components: `(dim, channels)` float32, orthonormal rows.
    """

    mean: Tensor
    components: Tensor

    def __init__(self, channels: int, dim: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("components", torch.eye(dim, channels))

    def forward(self, vectors: Tensor) -> Tensor:
        """L2-normalised `(n, dim)` float32 of vectors `(n, channels)`."""
        centred = functional.normalize(vectors.float()) - self.mean
        return functional.normalize(centred @ self.components.T)


def principal_components(
    blocks: Iterable[NDArray[np.float32]], dim: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean `(d,)` and the `dim` directions of greatest variance `(dim, d)` of vectors, in one pass.

    Sums are kept in float64. The largest coordinate of each direction is positive, so that its sign does
    not depend on the solver.

    Blocks are `(n, d)` float32; directions are sorted by descending variance.

    Raises:
        DataError: there are fewer vectors, or coordinates, than directions.
    """
    n, total, products = 0, np.zeros(0), np.zeros((0, 0))
    for block in blocks:
        rows = block.astype(np.float64)
        if n == 0:
            total, products = np.zeros(rows.shape[1]), np.zeros((rows.shape[1], rows.shape[1]))
        n += len(rows)
        total += rows.sum(axis=0)
        products += rows.T @ rows
    if min(n, len(total)) < dim:
        raise DataError(
            f"a PCA to {dim} dimensions needs as many descriptors and coordinates: "
            f"found {n} descriptors of {len(total)}"
        )
    mean = total / n
    _, vectors = np.linalg.eigh(products / n - np.outer(mean, mean))
    directions = vectors.T[::-1][:dim]
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=1)[:, None], axis=1)
    return mean.astype(np.float32), (directions * np.sign(largest)).astype(np.float32)
