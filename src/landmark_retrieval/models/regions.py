"""Regions of a feature map: the grid of R-MAC (Tolias et al.; reference code of GeM's authors)."""

from __future__ import annotations

from fractions import Fraction

from landmark_retrieval.errors import DataError

LEVELS = 3
OVERLAP = Fraction(2, 5)
"""Intended overlap of neighbouring squares of the first level."""

MORE = range(1, 7)
"""Permitted numbers of additional squares along the longer side."""

Region = tuple[int, int, int, int]


def rmac_grid(height: int, width: int, levels: int = LEVELS) -> list[Region]:
    """The whole map, then the squares of each level, row by row: (top, left, height, width) in cells.

    Level l has l squares along the shorter side and as many more along the longer one as bring the overlap of
    the first level closest to 40 %. Convention of the reference code: the whole map is a region of its own,
    so that a square map is listed twice; small maps repeat squares, too.

    Corners are computed in integers. The reference rounds them in float32, which may leave the last cell of a
    row uncovered where one side is more than 3.8 times the other.

    Raises:
        DataError: fewer than one level.
    """
    if levels < 1:
        raise DataError(f"levels of regions: expected at least 1, found {levels}")
    shorter, more = min(height, width), _more(height, width)
    regions = [(0, 0, height, width)]
    for level in range(1, levels + 1):
        side = 2 * shorter // (level + 1)
        tops = _starts(height, side, level + more * (height > width))
        lefts = _starts(width, side, level + more * (width > height))
        regions += [(top, left, side, side) for top in tops for left in lefts if side]
    return regions


def _more(height: int, width: int) -> int:
    """Squares along the longer side beyond those along the shorter one; the fewest of equally good."""
    shorter, longer = min(height, width), max(height, width)
    if shorter == longer:
        return 0
    return min(MORE, key=lambda more: abs(1 - Fraction(longer - shorter, more * shorter) - OVERLAP))


def _starts(length: int, side: int, count: int) -> list[int]:
    return [i * (length - side) // max(count - 1, 1) for i in range(count)]
