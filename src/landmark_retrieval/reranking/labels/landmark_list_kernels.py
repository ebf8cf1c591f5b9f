"""Compiled loops of sort-step and insert-step: one thread, as a list costs microseconds."""

from __future__ import annotations

import numpy as np
from numba import njit, types

from landmark_retrieval.arrays import Bools, Float32s, Int64s
from landmark_retrieval.prediction import UNKNOWN
from landmark_retrieval.ranking import PADDING
from landmark_retrieval.reranking.lists.non_increasing import make_non_increasing

_ROWS = types.Array(types.int64, 1, "A", readonly=True)
_VALUES = types.Array(types.float32, 1, "A", readonly=True)
_LISTS = types.Array(types.int64, 2, "A", readonly=True)
_SCORES = types.Array(types.float32, 2, "A", readonly=True)
_FILLED = types.Tuple((types.int64[:, ::1], types.float32[:, ::1]))


@njit(cache=True)
def _is_positive(row: int, landmark: int, index_landmarks: Int64s) -> bool:
    # no branch: it could not be predicted; of an index that is not empty, row -1 can be read
    return (row != PADDING) & (landmark != UNKNOWN) & (index_landmarks[row] == landmark)


@njit([_FILLED(_LISTS, _SCORES, _ROWS, _ROWS)], cache=True)
def sort_lists(
    positions: Int64s, scores: Float32s, query_landmarks: Int64s, index_landmarks: Int64s
) -> tuple[Int64s, Float32s]:
    """Positives, then the rest, each in the order they had; scores levelled. The index is not empty."""
    n, k = positions.shape
    sorted_positions = np.empty((n, k), dtype=np.int64)
    sorted_scores = np.empty((n, k), dtype=np.float32)
    for q in range(n):
        n_positive = 0
        for column in range(k):
            n_positive += _is_positive(positions[q, column], query_landmarks[q], index_landmarks)
        before, behind = 0, n_positive
        for column in range(k):
            positive = int(_is_positive(positions[q, column], query_landmarks[q], index_landmarks))
            place = behind + (before - behind) * positive
            sorted_positions[q, place] = positions[q, column]
            sorted_scores[q, place] = scores[q, column]
            before += positive
            behind += 1 - positive
        make_non_increasing(sorted_scores[q])
    return sorted_positions, sorted_scores


@njit(cache=True)
def _listed_places(
    listed: Int64s, landmark: int, index_landmarks: Int64s, places: Int64s, held: Bools
) -> None:
    """Mark which of the first places of the landmark's group are listed."""
    held[:] = False
    for column in range(len(listed) if len(held) else 0):
        row = listed[column]
        if _is_positive(row, landmark, index_landmarks) and places[row] < len(held):
            held[places[row]] = True


_INSERTED = _FILLED(
    _LISTS, _SCORES, types.int64, _ROWS, _VALUES, _ROWS, *[_ROWS] * 3, _VALUES, _ROWS, types.float32, types.b1
)


@njit([_INSERTED], cache=True)
def insert_into_lists(
    positions: Int64s,
    scores: Float32s,
    width: int,
    query_landmarks: Int64s,
    query_scores: Float32s,
    index_landmarks: Int64s,
    starts: Int64s,
    sizes: Int64s,
    group_rows: Int64s,
    group_scores: Float32s,
    places: Int64s,
    threshold: np.float32,
    strict: bool,
) -> tuple[Int64s, Float32s]:
    """The leading positives, the unlisted rows of the query's group, then the rest; scores levelled."""
    n, k = positions.shape
    new_positions = np.full((n, width), PADDING, dtype=np.int64)
    new_scores = np.full((n, width), -np.inf, dtype=np.float32)
    listed = np.empty(width + k, dtype=np.bool_)
    for q in range(n):
        lead = 0
        while lead < min(k, width) and _is_positive(positions[q, lead], query_landmarks[q], index_landmarks):
            new_positions[q, lead] = positions[q, lead]
            new_scores[q, lead] = scores[q, lead]
            lead += 1
        filled = lead
        reached = min(sizes[q], width + k)  # of so many, those that are not listed fill the list
        _listed_places(positions[q], query_landmarks[q], index_landmarks, places, listed[:reached])
        for place in range(reached):
            score = group_scores[starts[q] + place]
            together = query_scores[q] + score
            if filled == width or together < threshold or (strict and together == threshold):
                break
            if not listed[place]:
                new_positions[q, filled] = group_rows[starts[q] + place]
                new_scores[q, filled] = score
                filled += 1
        for column in range(lead, min(k, lead + width - filled)):
            new_positions[q, filled] = positions[q, column]
            new_scores[q, filled] = scores[q, column]
            filled += 1
        make_non_increasing(new_scores[q])
    return new_positions, new_scores
