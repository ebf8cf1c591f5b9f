"""Lists in the order of scores that are zero for most of the index."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from landmark_retrieval.arrays import Floats, Ints
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.lists.reordering import append_rest

Scored = tuple[Ints, Floats]


def rank_by_sparse_scores(ranking: Ranking, scored: Iterable[Scored], depth: int) -> Ranking:
    """Images with a positive score by (score descending, rank before, row); the others follow as they were.

    Scores are compared as float32, which is what a ranking holds.

    Args:
        ranking: the lists before, which order ties and what no score reached.
        scored: for consecutive blocks of queries the scored images, `(1, m)` for all of the block or
            `(n_block, m)`, and their scores `(n_block, m)`. 0 or less is not reached, also where images are
            padded.
        depth: length of the lists afterwards, images.
    """
    from landmark_retrieval.reranking.lists.sparse_scores_kernels import best_reached

    width = min(depth, ranking.n_index)
    positions = np.empty((ranking.n_queries, width), dtype=np.int64)
    values = np.empty((ranking.n_queries, width), dtype=np.float32)
    start = 0
    for images, scores in scored:
        block = slice(start, start + len(scores))
        start = block.stop
        positions[block], values[block] = best_reached(
            np.ascontiguousarray(images, dtype=np.int32),
            np.ascontiguousarray(scores, dtype=np.float32),
            ranking.positions[block].astype(np.int32),
            ranking.n_index,
            width,
        )
    return append_rest(Ranking(positions, values, ranking.n_index, ranking.ids_fingerprint), ranking, width)
