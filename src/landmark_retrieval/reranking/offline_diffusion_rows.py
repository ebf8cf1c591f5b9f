"""Rows of the diffusion's inverse, solved before any query came (Yang et al.)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError


@dataclass(frozen=True, eq=False)
class OfflineDiffusion:
    """For each index image its nearest images and what diffuses from it to each of them.

    Attributes:
        positions: `(n_index, n_trunc)` int32 rows of the index, `-1` pads; possibly memory-mapped.
        values: `(n_index, n_trunc)` float32, 0 where padded; possibly memory-mapped.
        settings: of the step that they were made for, so that they are never used for another.
        ids_fingerprint: of the index ids as queries and as index; empty when made without ids.

    Raises:
        DataError: the shapes differ.
    """

    positions: NDArray[np.int32]
    values: NDArray[np.float32]
    settings: str
    ids_fingerprint: str = ""

    def __post_init__(self) -> None:
        if self.positions.ndim != 2 or self.positions.shape != self.values.shape:
            raise DataError(
                f"offline diffusion: positions {self.positions.shape} and values {self.values.shape} "
                "must be one (n_index, n_trunc)"
            )

    def __len__(self) -> int:
        return len(self.positions)
