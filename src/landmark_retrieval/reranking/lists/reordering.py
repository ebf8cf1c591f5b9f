"""Lists put into the order of new scores, and the images that a method has no score for."""

from __future__ import annotations

import numpy as np

from landmark_retrieval.arrays import Bools, Float32s, Float64s, Floats, Int64s
from landmark_retrieval.ranking import PADDING, Ranking

_QUERIES = 1_024  # worked on at once, so that what is computed on the way stays small


def reorder_head(ranking: Ranking, scores: Floats) -> Ranking:
    """Put the first images of each list into the order of new scores; ties keep their order.

    The rest of the list stays behind them as it is. Its scores are shifted down together, just far enough
    that they do not exceed the last of the new ones.

    Args:
        ranking: lists of any method.
        scores: `(n_queries, m)` scores of the first `m` images, finite; ignored where the list is padded.
    """
    m = scores.shape[1]
    listed = ranking.positions[:, :m]
    raw = np.where(listed == PADDING, -np.inf, scores).astype(np.float32)
    order = np.argsort(-raw, axis=1, kind="stable")
    head = Ranking(
        np.take_along_axis(listed, order, axis=1),
        np.take_along_axis(raw, order, axis=1),
        ranking.n_index,
        ranking.ids_fingerprint,
    )
    return append_rest(head, ranking, ranking.depth)


def append_rest(head: Ranking, ranking: Ranking, depth: int) -> Ranking:
    """Behind each list of `head` come the images of `ranking` that it lacks, in their order.

    Their scores are shifted down together, just far enough that they do not exceed the last of the head.

    Args:
        head: lists of a method that does not score every image; they may be padded or empty.
        ranking: where the rest comes from, of the same queries and index.
        depth: the lists are cut after this many images; padded where both together hold fewer.
    """
    width = min(depth, ranking.n_index)
    positions = np.full((ranking.n_queries, width), PADDING, dtype=np.int64)
    scores = np.full((ranking.n_queries, width), -np.inf, dtype=np.float32)
    for start in range(0, ranking.n_queries, _QUERIES):
        chunk = slice(start, start + _QUERIES)
        first, rest = head.positions[chunk], ranking.positions[chunk]
        lacked = (rest != PADDING) & ~_held(rest, first, ranking.n_index)
        values = np.hstack([head.scores[chunk], _lowered(ranking.scores[chunk], lacked, head.scores[chunk])])
        absent = np.hstack([first == PADDING, ~lacked])
        order = np.argsort(absent, axis=1, kind="stable")[:, :width]
        present = ~np.take_along_axis(absent, order, axis=1)
        joined = np.take_along_axis(np.hstack([first, rest]), order, axis=1)
        columns = slice(order.shape[1])
        positions[chunk, columns] = np.where(present, joined, PADDING)
        scores[chunk, columns] = np.where(present, np.take_along_axis(values, order, axis=1), -np.inf)
    # rounding to float32 may leave an increase of one unit in the last place
    return Ranking(positions, np.minimum.accumulate(scores, axis=1), ranking.n_index, ranking.ids_fingerprint)


def _held(rest: Int64s, first: Int64s, n_index: int) -> Bools:
    """Whether an image of the rest is in the head of its list."""
    query = np.arange(len(rest))[:, None] * np.int64(n_index)
    return np.isin(query + rest, (query + first)[first != PADDING])


def _lowered(scores: Float32s, lacked: Bools, head: Float32s) -> Float64s:
    """Scores of the rest, shifted until the best of them does not exceed the end of the head."""
    best = np.where(lacked, scores, -np.inf).max(axis=1, initial=-np.inf).astype(np.float64)
    end = np.where(np.isneginf(head), np.inf, head).min(axis=1, initial=np.inf).astype(np.float64)
    down = np.where(np.isneginf(best), 0.0, np.maximum(best - end, 0.0))
    return scores.astype(np.float64) - down[:, None]
