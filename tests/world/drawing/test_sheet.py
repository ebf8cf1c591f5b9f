import numpy as np
import pytest

from landmark_retrieval.world.drawing.sheet import blank_sheet, blend, palette, tone

RED = (200, 20, 10)


def _painted(sheet):
    return (sheet.image == RED).all(axis=2)


def test_a_sheet_has_its_size_in_metres_and_one_colour():
    sheet = blank_sheet(3.0, 1.5, 20.0, RED, np.random.default_rng(0))
    assert sheet.image.shape == (30, 60, 3)
    assert (sheet.width, sheet.height) == (3.0, 1.5)
    assert _painted(sheet).all()
    assert not sheet.glow.any()


def test_rectangles_are_placed_in_metres_from_the_upper_left_corner(wall):
    wall.rectangle(1.0, 2.0, 3.0, 5.0, RED)
    inner = np.zeros(wall.image.shape[:2], bool)
    inner[41:99, 21:59] = True
    outer = np.zeros_like(inner)
    outer[39:102, 19:62] = True
    assert _painted(wall)[inner].all()
    assert (wall.image[~outer] == 100).all()


def test_an_ellipse_has_its_centre_and_area(wall):
    wall.ellipse(6.0, 4.0, 2.0, 1.5, RED)
    rows, columns = np.nonzero(_painted(wall))
    assert abs(columns.mean() / 20 - 6.0) < 0.05
    assert abs(rows.mean() / 20 - 4.0) < 0.05
    assert abs(len(rows) / 400 - np.pi * 2.0 * 1.5) < 0.4


def test_a_line_has_its_thickness_and_at_least_a_pixel(wall):
    wall.line(2.0, 4.0, 10.0, 4.0, RED, 0.5)
    wall.line(2.0, 6.0, 10.0, 6.0, RED, 0.0)
    thick, thin = _painted(wall)[60:100, 120], (wall.image[110:130, 120] != 100).any(axis=1)
    assert 8 <= thick.sum() <= 11
    assert 1 <= thin.sum() <= 3


def test_what_is_painted_over_a_light_does_not_glow(wall):
    wall.polygon(np.array([[1, 1], [5, 1], [5, 5], [1, 5.0]]), RED, 200)
    assert (wall.glow[22:98, 22:98] == 200).all()
    wall.rectangle(2, 2, 3, 3, RED)
    assert not wall.glow[42:58, 42:58].any()
    assert (wall.glow[62:98, 62:98] == 200).all()


def test_shade_scales_its_rectangle_alone_and_is_cut_at_the_edges(wall):
    wall.shade(-3.0, 7.0, 2.0, 20.0, 0.5)
    assert (wall.image[140:, :40] == 50).all()
    assert (wall.image[:140] == 100).all()
    assert (wall.image[:, 40:] == 100).all()


@pytest.mark.parametrize(("factor", "expected"), [(0.5, (50, 100, 20)), (2.0, (200, 255, 80))])
def test_tone_scales_and_saturates(factor, expected):
    assert tone((100, 200, 40), factor) == expected


def test_blend_mixes_by_share():
    assert blend((0, 100, 200), (100, 0, 200), 0.25) == (25, 75, 200)


def test_a_palette_is_read_from_hexadecimal_codes():
    assert palette("ff0080 0a141e") == ((255, 0, 128), (10, 20, 30))
