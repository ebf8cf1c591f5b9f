"""Rows of the diffusion's inverse, solved before any query came (Yang et al.), and their settings."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from landmark_retrieval.arrays import Float32s, Int32s
from landmark_retrieval.configuration import Settings
from landmark_retrieval.errors import DataError


class SystemSettings(Settings):
    """Systems `(I − αS) f = y`, solved by conjugate gradients; defaults of Iscen et al. and Yang et al.

    Attributes:
        gamma: power of the cosine, in the graph and for the query.
        alpha: share of the flow along the edges.
        tolerance: residual to stop at, relative to `y`.
        max_iterations: steps of conjugate gradients at most.
    """

    gamma: float = Field(default=3.0, gt=0)
    alpha: float = Field(default=0.99, gt=0, lt=1)
    tolerance: float = Field(default=1e-6, gt=0)
    max_iterations: int = Field(default=20, gt=0)


class RowSettings(SystemSettings):
    """Settings that decide the rows of the inverse.

    Attributes:
        n_trunc: images in the part of the graph that a row is solved on, its own included; 5,000 in the paper
            for 100,000 images and more.
        k_d: neighbours of each image in the graph, itself included.
    """

    n_trunc: int = Field(default=1_000, gt=0)
    k_d: int = Field(default=50, gt=0)

    @property
    def neighbours_needed(self) -> int:
        """Neighbours of each index image that the rows are solved from."""
        return max(self.n_trunc, self.k_d)

    @property
    def of_rows(self) -> str:
        """These settings alone, as text."""
        return self.model_dump_json(include=set(RowSettings.model_fields))


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

    positions: Int32s
    values: Float32s
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
