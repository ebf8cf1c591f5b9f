from dataclasses import replace

import cv2
import numpy as np

from landmark_retrieval.world.drawing.buildings import furnishing
from landmark_retrieval.world.drawing.buildings.building import build
from landmark_retrieval.world.drawing.buildings.room import furnish
from landmark_retrieval.world.drawing.painting import _PAINTERS, paint
from landmark_retrieval.world.drawing.photograph import landmark_style
from landmark_retrieval.world.drawing.surroundings import surround

SCALE = 12.0


def _glowing(sheet):
    """Centres `(n, 2)` of what glows, metres."""
    _, _, boxes, centres = cv2.connectedComponentsWithStats((sheet.glow > 0).view(np.uint8))
    return centres[1:][boxes[1:, cv2.CC_STAT_AREA] > 30] / SCALE


def test_every_painter_is_used_and_every_face_has_one():
    used = set()
    for landmark in range(60):
        style = landmark_style(5, landmark, landmark)
        houses = [face for _, faces in surround(style, 0.1).neighbours for face in faces]
        used |= {face.surface.painter for face in [*build(style), *furnish(style).faces, *houses]}
    assert used == set(_PAINTERS)


def test_ballroom_windows_are_in_the_middles_of_their_bays(style):
    sheet = paint("ballroom wall", style, 20.0, 8.0, SCALE, np.random.default_rng(0))
    lit = (sheet.glow > 0).any(axis=0)
    for number in range(5):
        left, right = ((4.0 * number + 2.0 + side * 0.8) * SCALE for side in (-1, 1))
        assert lit[round(left) : round(right)].mean() > 0.5
        edge = round(4.0 * number * SCALE)
        assert not lit[max(edge - 5, 0) : edge + 5].any()


def test_concourse_arches_are_glazed_above_the_shops(style):
    sheet = paint("concourse wall", style, 22.0, 10.0, SCALE, np.random.default_rng(0))
    rows = np.flatnonzero((sheet.glow > 0).any(axis=1)) / SCALE
    assert 0.9 < rows.min() < 1.3
    assert 4.5 < rows.max() < 5.6


def test_book_walls_have_a_gallery_between_the_shelves(style):
    sheet = paint("book wall", style, 12.0, 9.0, SCALE, np.random.default_rng(0))
    shelf, gallery = sheet.image[round(2.9 * SCALE)], sheet.image[round(4.6 * SCALE)]
    assert len(np.unique(shelf, axis=0)) > 1.5 * len(np.unique(gallery, axis=0))


def test_a_stage_is_framed_in_gold_and_its_curtain_has_the_colour_of_the_variant(style):
    for variant, channel in ((0, 0), (1, 2)):
        look = replace(style, variant=variant)
        sheet = paint("stage wall", look, 16.0, 10.0, SCALE, np.random.default_rng(0))
        cloth = sheet.image[round(6.0 * SCALE), round(16 * 0.16 * SCALE) + 2].astype(int)
        assert cloth.argmax() == channel
        gold = (sheet.image == (208, 172, 98)).all(axis=2)
        rows, columns = np.nonzero(gold)
        assert abs((columns.min() + columns.max()) / 2 / SCALE - 8.0) < 0.2
        assert rows.min() / SCALE >= 1.5


def test_galleries_hang_pictures_between_cornice_and_dado(style):
    empty = furnishing._room_colour(style)
    sheet = paint("gallery wall", style, 16.0, 6.0, SCALE, np.random.default_rng(0))
    wall = np.abs(sheet.image.astype(int) - empty).max(axis=2) < 45
    covered = 1 - wall.mean(axis=1)
    middle = slice(round(0.3 * 6 * SCALE), round(0.7 * 6 * SCALE))
    gap = slice(round(0.82 * 6 * SCALE), round(0.87 * 6 * SCALE))
    assert covered[middle].mean() > 0.4
    assert covered[gap].mean() < 0.2


def test_high_windows_of_a_nave_are_one_per_bay(style):
    sheet = paint("nave wall", style, 18.0, 11.0, SCALE, np.random.default_rng(0))
    high = _glowing(sheet)
    high = high[high[:, 1] < 11.0 * 0.3]
    middles = 2.25 + 4.5 * np.arange(4)
    assert set(np.abs(high[:, :1] - middles).argmin(axis=1)) == {0, 1, 2, 3}
    assert np.abs(high[:, :1] - middles).min(axis=1).max() < 1.2


def test_rooms_are_darker_above(wall):
    furnishing.darkened_above(wall, 0.2)
    rows = wall.image[:, 60:180].mean(axis=(1, 2))
    assert (np.diff(rows) >= 0).all()
    assert abs(rows[0] / rows[-1] - 0.8) < 0.03
