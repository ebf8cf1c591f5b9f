"""Vectors in the precision of a scan, with their norms before and after rounding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from landmark_retrieval.arrays import Float32s, Floats
from landmark_retrieval.parallel.map_chunks import Map
from landmark_retrieval.search.blocks import check_finite
from landmark_retrieval.search.exact.error_bounds import Norms, Precision

if TYPE_CHECKING:
    import torch

_READ_ROWS = 512  # of a thread


class RoundedRows:
    """Reusable buffer of up to `n` rows in float32 or bfloat16.

    Args:
        n: capacity, rows.
        dim: number of columns.
        precision: of the rows.
    """

    def __init__(self, n: int, dim: int, precision: Precision) -> None:
        self.precision = precision
        self._values = np.empty((n, dim), dtype=np.uint16 if precision == "bfloat16" else np.float32)
        self._squares = np.empty((n, 3))
        self._used = 0

    def __len__(self) -> int:
        return self._used

    def read(self, vectors: Floats, name: str, first_row: int, run: Map) -> None:
        """Fill the buffer with at most `n` float32 or float16 rows; `run` is from `map_chunks`.

        Raises:
            DataError: a row is not finite, counted from `first_row` of `name`.
        """
        self._used = len(vectors)
        run(lambda part: self._round(vectors[part], part), len(vectors), _READ_ROWS)
        if not np.isfinite(self._squares[: self._used, 0]).all():
            check_finite(vectors, name, first_row)

    def _round(self, vectors: Floats, part: slice) -> None:
        from landmark_retrieval.search.exact.rounding_kernels import measure_rows, round_rows

        if self.precision == "bfloat16":
            round_rows(_wide(vectors), self._values[part], self._squares[part])
        else:
            self._values[part] = _wide(vectors)
            measure_rows(self._values[part], self._squares[part])

    @property
    def norms(self) -> Norms:
        """Norms of the rows."""
        return Norms.from_squares(self._squares[: self._used])

    def tensor(self, part: slice) -> torch.Tensor:
        """Some of the rows, without a copy."""
        import torch

        rows = torch.from_numpy(self._values[: self._used][part])
        return rows.view(torch.bfloat16) if self.precision == "bfloat16" else rows


def _wide(vectors: Floats) -> Float32s:
    if vectors.dtype != np.float16 or not vectors.flags.c_contiguous:
        return np.ascontiguousarray(vectors, dtype=np.float32)
    from landmark_retrieval.search.exact.rounding_kernels import widen_rows

    wide = np.empty(vectors.shape, dtype=np.float32)
    widen_rows(vectors.view(np.ndarray).view(np.uint16), wide)
    return wide
