"""What a scan proposes, and the bound on what it leaves out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.parallel.map_chunks import map_chunks
from landmark_retrieval.ranking import PADDING
from landmark_retrieval.search.exact.scores import score_listed
from landmark_retrieval.search.sort_keys import WORST_KEY, smallest_keys, sort_keys, split_keys

_SETTLED = 256  # queries of a thread


@dataclass(frozen=True, eq=False)
class Proposals:
    """Rows that may be among the best of each query.

    Attributes:
        positions: `(n_queries, n)` int64 rows of the index in no order, `-1` pads.
        ceilings: `(n_queries,)` float64; no row that is not proposed scores more.
    """

    positions: NDArray[np.int64]
    ceilings: NDArray[np.float64]


def settle(
    queries: NDArray[np.floating], index: NDArray[np.floating], proposals: Proposals, k: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The best `k` of the proposals by the scores of the pairs, and which lists are proved.

    Returns:
        `(n_queries, k)` int64 keys, ascending, and `(n_queries,)` bool.
    """
    keys = np.full((len(queries), k), WORST_KEY)

    def settle_part(part: slice) -> None:
        positions = proposals.positions[part]
        scores = np.full(positions.shape, -np.inf, dtype=np.float32)
        score_listed(queries[part], index, positions, scores)
        found = np.where(positions == PADDING, WORST_KEY, sort_keys(scores, np.maximum(positions, 0)))
        keys[part] = np.sort(smallest_keys(found, k), axis=1)

    with map_chunks() as run:
        run(settle_part, len(queries), _SETTLED)
    worst = np.where(keys[:, -1] == WORST_KEY, -np.inf, split_keys(keys[:, -1])[0])
    return keys, worst > proposals.ceilings
