import itertools

import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.models.regions import rmac_grid

GRIDS = {
    (7, 7): [(7, [0], [0]), (4, [0, 3], [0, 3]), (3, [0, 2, 4], [0, 2, 4])],
    (7, 10): [(7, [0], [0, 3]), (4, [0, 3], [0, 3, 6]), (3, [0, 2, 4], [0, 2, 4, 7])],
    (10, 7): [(7, [0, 3], [0]), (4, [0, 3, 6], [0, 3]), (3, [0, 2, 4, 7], [0, 2, 4])],
    (16, 24): [(16, [0], [0, 8]), (10, [0, 6], [0, 7, 14]), (8, [0, 4, 8], [0, 5, 10, 16])],
    (32, 24): [(24, [0, 8], [0]), (16, [0, 8, 16], [0, 8]), (12, [0, 6, 13, 20], [0, 6, 12])],
    (2, 2): [(2, [0], [0]), (1, [0, 1], [0, 1]), (1, [0, 0, 1], [0, 0, 1])],
    (1, 5): [(1, [0], [0, 0, 1, 2, 2, 3, 4])],
}
"""Of a map (height, width): side, tops and lefts of the squares of each level."""


@pytest.mark.parametrize(("height", "width"), GRIDS)
def test_grids_of_the_reference_code(height, width):
    expected = [(0, 0, height, width)]
    for side, tops, lefts in GRIDS[height, width]:
        expected += [(top, left, side, side) for top, left in itertools.product(tops, lefts)]
    assert rmac_grid(height, width) == expected


@pytest.mark.parametrize("levels", [1, 2, 3])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 40), (13, 17), (24, 24), (40, 31)])
def test_squares_of_a_level_reach_both_ends_and_lie_evenly(height, width, levels):
    grid = rmac_grid(height, width, levels)
    assert grid[0] == (0, 0, height, width)
    for level in range(1, levels + 1):
        side = 2 * min(height, width) // (level + 1)
        squares = [region for region in grid[1:] if region[2] == side]
        assert all(top + side <= height and left + side <= width for top, left, _, _ in squares)
        for axis, length in ((0, height), (1, width)):
            starts = sorted({square[axis] for square in squares})
            if squares and len(starts) > 1:
                assert (starts[0], starts[-1]) == (0, length - side)
                assert np.ptp(np.diff(starts)) <= 1


def test_turning_the_map_turns_the_grid():
    turned = {(left, top, w, h) for top, left, h, w in rmac_grid(9, 31)}
    assert turned == set(rmac_grid(31, 9))


def test_the_fewest_squares_of_equally_good_overlaps():
    assert len([region for region in rmac_grid(10, 18, 1) if region[2:] == (10, 10)]) == 2


def test_no_level_is_an_error():
    with pytest.raises(DataError, match="at least 1, found 0"):
        rmac_grid(7, 7, 0)
