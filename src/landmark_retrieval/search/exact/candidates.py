"""Candidates of a scan, rescored with the exact scores of their pairs; or all pairs scored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landmark_retrieval.arrays import Bools, Float32s, Float64s, Floats, Int64s
from landmark_retrieval.parallel.map_chunks import map_chunks
from landmark_retrieval.ranking import PADDING
from landmark_retrieval.search.blocks import BLOCK_ROWS, read_blocks
from landmark_retrieval.search.exact.scores import score_block, score_listed
from landmark_retrieval.search.sort_keys import WORST_KEY, smallest_keys, sort_keys, split_keys

_RESCORED_QUERIES = 256  # of a thread
_SCORED_PAIRS = 2**22  # of a thread


@dataclass(frozen=True, eq=False)
class Candidates:
    """Rows that may be among the best of each query.

    Attributes:
        positions: `(n_queries, n)` int64 rows of the index in no order, `-1` pads.
        bounds: `(n_queries,)` float64; no other row scores more.
    """

    positions: Int64s
    bounds: Float64s


def rescore_candidates(
    queries: Floats, index: Floats, candidates: Candidates, k: int
) -> tuple[Int64s, Bools]:
    """The best `k` candidates by the exact scores of the pairs, and which lists are proved.

    Returns:
        `(n_queries, k)` int64 sort keys, ascending, and `(n_queries,)` bool.
    """
    keys = np.full((len(queries), k), WORST_KEY)

    def rescore_part(part: slice) -> None:
        positions = candidates.positions[part]
        scores = np.full(positions.shape, -np.inf, dtype=np.float32)
        score_listed(queries[part], index, positions, scores)
        found = np.where(positions == PADDING, WORST_KEY, sort_keys(scores, np.maximum(positions, 0)))
        keys[part] = np.sort(smallest_keys(found, k), axis=1)

    with map_chunks() as run:
        run(rescore_part, len(queries), _RESCORED_QUERIES)
    kth = np.where(keys[:, -1] == WORST_KEY, -np.inf, split_keys(keys[:, -1])[0])
    return keys, kth > candidates.bounds


def exhaustive_keys(queries: Floats, index: Floats, k: int, block_rows: int = BLOCK_ROWS) -> Int64s:
    """Ascending keys `(n_queries, k)` of the best rows by the scores of all pairs: slow, right by definition.

    Queries are finite, `k` is at most `n_index`, and `block_rows` rows of the index are held at once.
    """
    best = np.full((len(queries), k), WORST_KEY)
    with map_chunks() as run:
        for first, block in read_blocks(index, "index", block_rows):
            rows = np.arange(first, first + len(block))

            def extend(part: slice, block: Float32s = block, rows: Int64s = rows) -> None:
                keys = sort_keys(score_block(queries[part], block), rows)
                best[part] = smallest_keys(np.hstack([best[part], keys]), k)

            run(extend, len(queries), max(1, _SCORED_PAIRS // max(k, len(block))))
    return np.sort(best, axis=1)
