"""The one result type of search and re-ranking."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PADDING = -1


@dataclass(frozen=True, eq=False)
class Ranking:
    """For each query the rows of the index, best first.

    Attributes:
        positions: `(n_queries, k)` int64 rows of the index, `-1` pads the end of a short list.
        scores: `(n_queries, k)` float32, non-increasing in a row, `-inf` where padded.
        n_index: number of rows of the index the positions point into.
        ids_fingerprint: SHA-256 of the query and index ids (`search.identity.ids_fingerprint`), so that a
            ranking is never read against other images than it was made for; empty when made without ids.

    Raises:
        ValueError: shapes differ, a position is out of range or repeated, padding is not at the end, or the
            scores increase or are not numbers.
    """

    positions: NDArray[np.int64]
    scores: NDArray[np.float32]
    n_index: int
    ids_fingerprint: str = ""

    def __post_init__(self) -> None:
        positions, scores = self.positions, self.scores
        if positions.ndim != 2 or positions.shape != scores.shape:
            raise ValueError(
                f"positions {positions.shape} and scores {scores.shape} must be one (n_queries, k)"
            )
        padded = positions == PADDING
        if positions.size == 0:
            return
        if positions.min() < PADDING or positions.max() >= self.n_index:
            raise ValueError(f"a position lies outside the index of {self.n_index} rows")
        if (padded[:, :-1] & ~padded[:, 1:]).any():
            raise ValueError("a position follows padding (-1)")
        ordered = np.sort(positions, axis=1)
        if ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] != PADDING)).any():
            raise ValueError("an index row occurs twice in one list")
        if np.isnan(scores).any():
            raise ValueError("a score is not a number")
        if (scores[:, 1:] > scores[:, :-1]).any():
            raise ValueError("scores increase along a list")
        if not np.isneginf(scores[padded]).all():
            raise ValueError("padding must score -inf")

    @property
    def n_queries(self) -> int:
        """Number of lists."""
        return int(self.positions.shape[0])

    @property
    def depth(self) -> int:
        """Length of the longest list."""
        return int(self.positions.shape[1])

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of positions before the padding, `(n_queries,)` int64."""
        return (self.positions != PADDING).sum(axis=1)
