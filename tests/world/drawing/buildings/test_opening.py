from dataclasses import replace

import numpy as np
import pytest

from landmark_retrieval.world.drawing.buildings.opening import balcony, outline, portal, window
from landmark_retrieval.world.drawing.solid import polygon_area

SHAPES = ("rectangle", "arch", "pointed", "segment", "round")


def _touched(sheet):
    rows, columns = np.nonzero((sheet.image != 100).any(axis=2))
    return columns.min() / 20, rows.min() / 20, (columns.max() + 1) / 20, (rows.max() + 1) / 20


@pytest.mark.parametrize("shape", SHAPES)
def test_outlines_have_their_width_middle_and_top(shape):
    points = outline(shape, 5.0, 2.0, 3.0, 4.0 if shape != "round" else 3.0)
    assert np.isclose(points[:, 1].min(), 2.0, atol=0.02)
    assert np.isclose(np.ptp(points[:, 0]), 3.0)
    assert np.isclose(points[:, 0].min() + points[:, 0].max(), 10.0)
    assert np.isclose(points[:, 1].max(), 6.0 if shape != "round" else 5.0, atol=0.02)


def test_areas_of_outlines_are_those_of_school():
    circle = np.pi * 1.5**2
    expected = {"rectangle": 12.0, "round": circle, "arch": 3 * 2.5 + circle / 2}
    for shape, area in expected.items():
        height = 3.0 if shape == "round" else 4.0
        assert np.isclose(polygon_area(outline(shape, 5.0, 2.0, 3.0, height)), area, rtol=0.02)


def test_pointed_arches_are_steeper_at_the_tip_than_round_ones():
    pointed, arch = (outline(shape, 0.0, 0.0, 2.0, 6.0) for shape in ("pointed", "arch"))
    tips = [abs(np.diff(points[5:7, 1]) / np.diff(points[5:7, 0]))[0] for points in (pointed, arch)]
    assert tips[0] > 1.5 * tips[1]


@pytest.mark.parametrize("shape", ["rectangle", "arch", "pointed", "round", "twin"])
def test_a_window_stays_in_its_surround_and_is_darker_than_the_frame(shape, style, wall):
    window(wall, replace(style, window=shape), 6.0, 2.0, 2.0, 2.0 if shape == "round" else 3.0)
    left, top, right, bottom = _touched(wall)
    assert 4.4 < left < 5.0
    assert 7.0 < right < 7.6
    assert 1.5 < top <= 2.0
    assert bottom < (4.5 if shape == "round" else 5.6)
    glass = wall.image[60:80, 115:118] if shape != "twin" else wall.image[70:80, 106:112]
    assert glass.mean() < wall.image[70, 97:99].mean() + 60
    assert (wall.image == style.trim).all(axis=2).any()


def test_windows_differ_from_house_to_house_but_not_their_frames(style, wall):
    for x in (2.0, 6.0, 10.0):
        window(wall, style, x, 2.0, 2.0, 3.0)
    pictures = [wall.image[30:120, start : start + 60] for start in (10, 90, 170)]
    frames = [(picture == style.trim).all(axis=2)[:14] for picture in pictures]
    assert (frames[0] == frames[1]).mean() > 0.95
    assert frames[0].any()
    assert (pictures[0] != pictures[1]).any()


def test_a_portal_stands_on_the_ground_and_has_two_leaves(style, wall):
    portal(wall, style, 6.0, 2.0, 3.0)
    _, top, _, bottom = _touched(wall)
    assert bottom == 8.0
    assert 8.0 - 3.0 * 1.24 - 0.1 <= top <= 5.0
    leaf = np.array(style.accent) * 0.85
    for x in (5.2, 6.8):
        assert np.abs(wall.image[130, round(x * 20)] - leaf).max() < 2
    assert wall.glow[105:110, 118:122].max() == 110


def test_a_balcony_rails_the_metre_above_its_floor(style, wall):
    balcony(wall, style, 6.0, 5.0, 4.0)
    left, top, right, bottom = _touched(wall)
    assert 3.7 < left < 4.0
    assert 8.0 < right < 8.3
    assert 3.8 < top < 4.1
    assert 5.8 < bottom < 6.0
