from itertools import pairwise

import numpy as np
import pytest

from landmark_retrieval.world.drawing.painting import Paintings
from landmark_retrieval.world.drawing.photograph import landmark_style
from landmark_retrieval.world.drawing.solid import Surface

WALL = Surface("wall", 20.0, 12.0)


@pytest.fixture(scope="module")
def paintings():
    return Paintings(landmark_style(7, 1, 1), 1.0)


def test_levels_halve_their_size_and_keep_their_colour(paintings):
    levels = paintings.levels(WALL, night=False)
    assert levels[0].shape == (216, 360, 3)
    for large, small in pairwise(levels):
        assert small.shape[:2] == (large.shape[0] // 2, large.shape[1] // 2)
        np.testing.assert_allclose(small.mean(axis=(0, 1)), large.mean(axis=(0, 1)), atol=1.5)
    assert len(levels) == 6


def test_long_walls_are_painted_more_coarsely(paintings):
    picture = paintings.levels(Surface("plain", 46.0, 4.6), night=False)[0]
    assert picture.shape == (46, 460, 3)


def test_a_surface_is_painted_once(paintings):
    assert paintings.levels(WALL, night=False) is paintings.levels(WALL, night=False)


def test_walls_of_another_number_or_landmark_differ_and_the_same_wall_repeats(paintings):
    again, other = (Paintings(landmark_style(7, number, 1), 1.0) for number in (1, 2))
    first = paintings.levels(WALL, night=False)[0]
    np.testing.assert_array_equal(again.levels(WALL, night=False)[0], first)
    assert (other.levels(WALL, night=False)[0] != first).any()
    assert (paintings.levels(Surface("wall", 20.0, 12.0, 1), night=False)[0] != first).any()


def test_at_night_walls_are_dark_and_windows_lit(paintings):
    day, night = (paintings.levels(WALL, night=night)[0].astype(int) for night in (False, True))
    lit = paintings._sheet(WALL).glow > 150
    assert lit.any()
    assert night[lit].mean() > day[lit].mean()
    assert night[~lit].mean() < 0.6 * day[~lit].mean()
    upper, lower = night[: len(night) // 3][~lit[: len(night) // 3]], night[-20:][~lit[-20:]]
    assert lower.mean() > upper.mean()  # lamps reach the foot of the wall
