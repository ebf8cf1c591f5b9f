"""Tiled scan of the index on the processor: products of some queries and rows, selected while in the cache.

A thread multiplies a tile and keeps the rows that may be among the best; it waits for the other threads only
at the end of a block of the index.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from landmark_retrieval.arrays import Float32s, Floats
from landmark_retrieval.parallel.map_chunks import map_chunks
from landmark_retrieval.ranking import PADDING
from landmark_retrieval.search.blocks import block_starts
from landmark_retrieval.search.exact.candidates import Candidates
from landmark_retrieval.search.exact.error_bounds import (
    Norms,
    Precision,
    absolute_error,
    full_precision_products,
    relative_error,
)
from landmark_retrieval.search.exact.rounded_rows import RoundedRows

if TYPE_CHECKING:
    from landmark_retrieval.search.exact.selection_kernels import TopK

_TILE_QUERIES = 1_024
_TILE_ROWS = (1_024, 4_096)
_TILE_PRODUCTS = 2**19
_MIN_CAPACITY = 1_024


def capacity(k: int, n_index: int) -> int:
    """Rows that are kept for a query during a scan, at most."""
    return min(2 * k + _MIN_CAPACITY, n_index)


def tiled_candidates(
    queries: Float32s, index: Floats, k: int, precision: Precision, block_rows: int
) -> Candidates:
    """Every row that may be among the best `k`, given the error of the products.

    Arguments are those of `topk_scan.topk_candidates`.

    Returns:
        At least `k` rows of each query, or none and an infinite bound if too many are within the error.

    Raises:
        DataError: an index row is not finite.
    """
    dim = queries.shape[1]
    block = RoundedRows(min(block_rows, len(index)), dim, precision)
    scan = _Scan(
        RoundedRows(len(queries), dim, precision), block, k, _no_rows(len(queries), capacity(k, len(index)))
    )
    longest = Norms.zero()
    with map_chunks() as run, full_precision_products():
        scan.queries.read(queries, "query", 0, run)
        for start in block_starts(len(index), "index", block_rows):
            block.read(index[start : start + block_rows], "index", start, run)
            longest = longest.joined(block.norms.longest())
            scan.top.errors[:] = absolute_error(scan.queries.norms, longest, dim, precision)
            run(partial(scan.multiply, start), len(queries), _TILE_QUERIES)
        run(scan.finish, len(queries), _TILE_QUERIES)
    return scan.candidates()


def _no_rows(n_queries: int, n: int) -> TopK:
    from landmark_retrieval.search.exact.selection_kernels import NO_PRODUCT, TopK

    rows, bits = np.empty((2, n_queries, n), dtype=np.int32)
    bounds, errors = np.full(n_queries, -np.inf), np.zeros(n_queries)
    return TopK(bits, rows, np.zeros(n_queries, np.int64), np.full(n_queries, NO_PRODUCT), bounds, errors)


@dataclass(frozen=True, eq=False)
class _Scan:
    queries: RoundedRows
    block: RoundedRows
    k: int
    top: TopK

    def multiply(self, start: int, part: slice) -> None:
        """Select from the products of some queries with the block that begins at row `start`."""
        import torch

        from landmark_retrieval.search.exact.selection_kernels import collect

        torch.set_num_threads(1)
        queries = self.queries.tensor(part)
        step = int(np.clip(_TILE_PRODUCTS // max(1, len(queries)), *_TILE_ROWS))
        tile = torch.empty((len(queries), min(step, len(self.block))), dtype=queries.dtype)
        bits, shift = (torch.int16, 16) if queries.dtype == torch.bfloat16 else (torch.int32, 0)
        relative, top = self._of(part)
        for first in range(0, len(self.block), step):
            rows = self.block.tensor(slice(first, first + step))
            out = tile if len(rows) == tile.shape[1] else tile.new_empty((len(queries), len(rows)))
            products = torch.mm(queries, rows.T, out=out).view(bits).numpy()
            collect(products, shift, start + first, self.k, relative, top)

    def finish(self, part: slice) -> None:
        """Prune once more, as the last block may have raised the k-th products."""
        from landmark_retrieval.search.exact.selection_kernels import prune

        prune(self.k, *self._of(part))

    def _of(self, part: slice) -> tuple[float, TopK]:
        from landmark_retrieval.search.exact.selection_kernels import TopK

        return relative_error(self.queries.precision), TopK._make(array[part] for array in self.top)

    def candidates(self) -> Candidates:
        """The rows that are left, and the bounds on those that are not."""
        from landmark_retrieval.search.exact.selection_kernels import OVERFLOWED

        counts = self.top.counts
        width = max(self.k, int(counts.max(initial=0)))
        listed = np.arange(width) < counts[:, None]
        positions = np.where(listed, self.top.rows[:, :width], PADDING).astype(np.int64)
        return Candidates(positions, np.where(counts == OVERFLOWED, np.inf, self.top.bounds))
