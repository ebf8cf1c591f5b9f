"""How much of the exact result an approximate search finds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import PADDING, Ranking


def recall_at_k(exact: Ranking, approximate: Ranking, k: int) -> float:
    """Mean share of the exact top `k` among the approximate top `k`.

    A row that ties the exact k-th score counts as found: ties are settled by score, not by row. The
    approximate scores must therefore be inner products of the full vectors (`pair_scores`). Lists shorter
    than `k` are divided by their exact length.

    Raises:
        DataError: the rankings are not of the same queries and index, there are no queries, or an exact list
            is shorter than both `k` and the index.
    """
    _check(exact, approximate, k)
    wanted = exact.positions[:, :k]
    lengths = (wanted != PADDING).sum(axis=1)
    worst = np.take_along_axis(exact.scores, np.maximum(lengths - 1, 0)[:, None], axis=1)
    found = _found(exact, approximate, k, worst).sum(axis=1)
    return float(np.mean(found / np.maximum(lengths, 1)))


def one_recall_at_k(exact: Ranking, approximate: Ranking, k: int) -> float:
    """Share of queries whose nearest row, or a tie of it, is in the approximate top `k` (1-recall@k).

    Raises:
        DataError: as `recall_at_k`.
    """
    _check(exact, approximate, 1)
    nearest = Ranking(exact.positions[:, :1], exact.scores[:, :1], exact.n_index)
    return float(np.mean(_found(nearest, approximate, k, nearest.scores).any(axis=1)))


def _check(exact: Ranking, approximate: Ranking, k: int) -> None:
    if (exact.n_queries, exact.n_index) != (approximate.n_queries, approximate.n_index):
        raise DataError(
            f"recall: expected {exact.n_queries} queries over {exact.n_index} rows, "
            f"found {approximate.n_queries} over {approximate.n_index}"
        )
    if exact.n_queries == 0 or exact.depth < min(k, exact.n_index):
        raise DataError(f"recall at {k}: exact lists of {exact.n_queries} queries have depth {exact.depth}")


def _found(exact: Ranking, approximate: Ranking, k: int, worst: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which of the approximate top `k` are right, `(n_queries, k)`."""
    rows, scores = approximate.positions[:, :k], approximate.scores[:, :k]
    query = np.arange(exact.n_queries)[:, None] * np.int64(exact.n_index)
    listed = np.isin(query + rows, query + exact.positions[:, :k])
    return (listed | (scores == worst)) & (rows != PADDING)
