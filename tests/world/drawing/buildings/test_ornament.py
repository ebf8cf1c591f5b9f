from dataclasses import replace

import numpy as np

from landmark_retrieval.world.drawing.buildings import ornament


def _changed(sheet):
    return (sheet.image != 100).any(axis=2)


def _rows(sheet):
    return np.flatnonzero(_changed(sheet).any(axis=1)) / 20


def test_a_cornice_is_a_band_with_its_shadow_below(style, wall):
    ornament.cornice(wall, style, 2.0, 1.0)
    assert (wall.image[42:51] == style.trim).all()
    assert wall.image[65:75].max() < 100
    assert (wall.image[:38] == 100).all()
    assert (wall.image[90:] == 100).all()


def test_dentils_repeat_every_62_centimetres(style, wall):
    ornament.dentils(wall, style, 3.0)
    row = _changed(wall)[63].astype(int)
    starts = np.flatnonzero(np.diff(row) == 1)
    np.testing.assert_allclose(np.diff(starts) / 20, 0.62, atol=0.06)


def test_quoins_are_at_both_corners_and_nowhere_else(style, wall):
    ornament.quoins(wall, style)
    changed = _changed(wall)
    assert changed[:, :14].mean() > 0.8
    assert changed[:, -14:].mean() > 0.8
    assert not changed[:, 26:-26].any()


def test_a_pilaster_is_an_upright_of_its_width(style, wall):
    ornament.pilaster(wall, style, 6.0, 1.0, 7.0, 1.0)
    columns = np.flatnonzero(_changed(wall)[80]) / 20
    assert abs(columns.min() - 5.5) <= 0.05
    assert 6.5 <= columns.max() <= 6.8
    np.testing.assert_allclose((_rows(wall).min(), _rows(wall).max()), (1.0, 7.0), atol=0.06)


def test_a_clock_has_its_face_around_its_middle_and_hands_of_its_seed(style, wall):
    ornament.clock(wall, style, 6.0, 4.0, 2.0)
    face = (np.abs(wall.image.astype(int) - (240, 236, 220)).max(axis=2) < 3) & _changed(wall)
    rows, columns = np.nonzero(face)
    assert abs(columns.mean() / 20 - 6.0) < 0.15
    assert abs(rows.mean() / 20 - 4.0) < 0.15
    assert 0.7 < len(rows) / 400 / (np.pi * 4) < 1.0
    assert wall.image[80, 120].max() < 60  # the hands meet


def test_dark_clocks_are_those_of_variant_0(style, wall):
    ornament.clock(wall, replace(style, variant=0), 6.0, 4.0, 2.0)
    assert (wall.image == (40, 52, 84)).all(axis=2).mean() > 0.05


def test_a_rose_has_glowing_petals_all_around(style, wall):
    ornament.rose(wall, style, 6.0, 4.0, 3.0)
    rows, columns = np.nonzero(wall.glow)
    angles = np.arctan2(rows / 20 - 4.0, columns / 20 - 6.0)
    distance = np.hypot(rows / 20 - 4.0, columns / 20 - 6.0)
    assert np.histogram(angles, 6, (-np.pi, np.pi))[0].min() > 50
    assert distance.max() < 3.0
    assert (wall.image[80, 120] == style.trim).all()


def test_a_frieze_fills_its_band_and_repeats_a_figure(style, wall):
    ornament.frieze(wall, style, 3.0, 1.0)
    np.testing.assert_allclose((_rows(wall).min(), _rows(wall).max()), (3.0, 4.0), atol=0.06)
    assert len(np.unique(wall.image[62:79].reshape(-1, 3), axis=0)) > 3


def test_a_niche_holds_a_light_statue_on_dark_ground(style, wall):
    ornament.niche(wall, style, 6.0, 2.0, 4.0)
    statue, ground = wall.image[100, 118:122].mean(), wall.image[50, 108:110].mean()
    assert statue > 1.5 * ground
    assert abs(_rows(wall).min() - 2.0) < 0.1
    assert abs(_rows(wall).max() - 6.0) < 0.1


def test_a_banner_hangs_in_three_colours(wall):
    ornament.banner(wall, 6.0, 1.0, 3.0, 6.0)
    colours = {tuple(wall.image[130, round(x * 20)]) for x in (5.0, 6.0, 7.0)}
    assert len(colours) == 3


def test_a_sign_is_a_board_with_strokes(wall):
    ornament.sign(wall, 6.0, 3.0, 4.0, 1.0)
    columns = np.flatnonzero(_changed(wall).any(axis=0)) / 20
    np.testing.assert_allclose((columns.min(), columns.max()), (4.0, 8.0), atol=0.06)
    board = wall.image[62, 90]
    assert 0.05 < (np.abs(wall.image[61:80, 82:158].astype(int) - board).max(axis=2) > 40).mean() < 0.6


def test_ivy_grows_from_the_ground(wall):
    ornament.ivy(wall, 6.0, 6.0, 4.0)
    changed = _changed(wall)
    assert changed[-40:].mean() > 2 * changed[:40].mean()
    red, green, blue = wall.image[changed].mean(axis=0)
    assert green > 1.3 * max(red, blue)
