"""A scan of the index on the processor: products of a tile at a time, looked through while in its cache.

A thread multiplies some queries with some rows and keeps what may be among the best; it waits for the others
only where a block of the index ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.parallel.map_chunks import map_chunks
from landmark_retrieval.ranking import PADDING
from landmark_retrieval.search.blocks import block_starts
from landmark_retrieval.search.exact.candidates import Proposals
from landmark_retrieval.search.exact.error_bounds import Norms, Precision, absolute_error, relative_error
from landmark_retrieval.search.exact.products import faithful_products
from landmark_retrieval.search.exact.rounded_rows import RoundedRows

if TYPE_CHECKING:
    from landmark_retrieval.search.exact.tile_kernels import Kept

_TILE_QUERIES = 1_024
_TILE_ROWS = (1_024, 4_096)
_TILE_PRODUCTS = 2**19
_LEAST_ROOM = 1_024


def room(k: int, n_index: int) -> int:
    """Rows that can be kept for a query while the index is scanned."""
    return min(2 * k + _LEAST_ROOM, n_index)


def tiled_proposals(
    queries: NDArray[np.float32], index: NDArray[np.floating], k: int, precision: Precision, block_rows: int
) -> Proposals:
    """Every row that may be among the best `k`, as far as the error of the products tells.

    Args:
        queries: `(n_queries, dim)`, finite.
        index: `(n_index, dim)`, streamed block by block.
        k: at most `n_index`.
        precision: of the vectors and products.
        block_rows: index rows held at once.

    Returns:
        At least `k` rows of each query, or none and an infinite ceiling where too many lie within the error.

    Raises:
        DataError: an index row is not finite.
    """
    dim = queries.shape[1]
    block = RoundedRows(min(block_rows, len(index)), dim, precision)
    scan = _Scan(
        RoundedRows(len(queries), dim, precision), block, k, _nothing(len(queries), room(k, len(index)))
    )
    longest = Norms.zero()
    with map_chunks() as run, faithful_products():
        scan.queries.read(queries, "query", 0, run)
        for start in block_starts(len(index), "index", block_rows):
            block.read(index[start : start + block_rows], "index", start, run)
            longest = longest.joined(block.norms.longest())
            scan.kept.errors[:] = absolute_error(scan.queries.norms, longest, dim, precision)
            run(partial(scan.multiply, start), len(queries), _TILE_QUERIES)
        run(scan.finish, len(queries), _TILE_QUERIES)
    return scan.proposals()


def _nothing(n_queries: int, n: int) -> Kept:
    from landmark_retrieval.search.exact.tile_kernels import NONE, Kept

    rows, bits = np.empty((2, n_queries, n), dtype=np.int32)
    floors, errors = np.full(n_queries, -np.inf), np.zeros(n_queries)
    return Kept(bits, rows, np.zeros(n_queries, np.int64), np.full(n_queries, NONE), floors, errors)


@dataclass(frozen=True, eq=False)
class _Scan:
    queries: RoundedRows
    block: RoundedRows
    k: int
    kept: Kept

    def multiply(self, start: int, part: slice) -> None:
        """Look at the products of some queries with the block that begins at row `start`."""
        import torch

        from landmark_retrieval.search.exact.tile_kernels import collect

        torch.set_num_threads(1)
        queries = self.queries.tensor(part)
        step = int(np.clip(_TILE_PRODUCTS // max(1, len(queries)), *_TILE_ROWS))
        tile = torch.empty((len(queries), min(step, len(self.block))), dtype=queries.dtype)
        bits, shift = (torch.int16, 16) if queries.dtype == torch.bfloat16 else (torch.int32, 0)
        relative, kept = self._of(part)
        for first in range(0, len(self.block), step):
            rows = self.block.tensor(slice(first, first + step))
            out = tile if len(rows) == tile.shape[1] else tile.new_empty((len(queries), len(rows)))
            products = torch.mm(queries, rows.T, out=out).view(bits).numpy()
            collect(products, shift, start + first, self.k, relative, kept)

    def finish(self, part: slice) -> None:
        """Throw out what the last block made hopeless."""
        from landmark_retrieval.search.exact.tile_kernels import throw_out

        throw_out(self.k, *self._of(part))

    def _of(self, part: slice) -> tuple[float, Kept]:
        from landmark_retrieval.search.exact.tile_kernels import Kept

        bits, rows, counts, best, floors, errors = self.kept
        kept = Kept(bits[part], rows[part], counts[part], best[part], floors[part], errors[part])
        return relative_error(self.queries.precision), kept

    def proposals(self) -> Proposals:
        """What is left."""
        from landmark_retrieval.search.exact.tile_kernels import DEAD

        counts = self.kept.counts
        width = max(self.k, int(counts.max(initial=0)))
        listed = np.arange(width) < counts[:, None]
        positions = np.where(listed, self.kept.rows[:, :width], PADDING).astype(np.int64)
        return Proposals(positions, np.where(counts == DEAD, np.inf, self.kept.floors))
