from dataclasses import replace

import cv2
import numpy as np
import pytest

from landmark_retrieval.world.drawing.painting import _PAINTERS, paint

WIDTH, HEIGHT, SCALE = 24.8, 15.4, 12.0


def _wall(style, seed, door=False):
    return paint(
        "wall with door" if door else "wall", style, WIDTH, HEIGHT, SCALE, np.random.default_rng(seed)
    )


@pytest.mark.parametrize("seed", range(4))
def test_lit_windows_are_where_bays_and_storeys_cross(style, seed):
    sheet = _wall(style, seed)
    bays = 0.4 + 4.0 * (np.arange(6) + 0.5)
    storeys = 1.5 + 4.5 * np.arange(4) - np.arange(4) * (4.5 - 13.5 / 3)
    _, _, boxes, centres = cv2.connectedComponentsWithStats((sheet.glow > 0).view(np.uint8))
    lit = centres[1:][boxes[1:, cv2.CC_STAT_AREA] > 40] / SCALE
    assert len(lit) >= 4
    offset = np.abs(lit[:, :1] - bays).min(axis=1)
    assert (offset < 0.5).all()
    rows = np.searchsorted(storeys, lit[:, 1]) - 1
    inside = lit[:, 1] - storeys[rows]
    assert ((rows >= 0) & (rows < 3)).all()
    assert ((inside > 1.0) & (inside < 4.2)).all()


def test_a_wall_without_windows_filled_in_is_of_its_colour(style):
    sheet = _wall(style, 1)
    between = sheet.image[:, round((0.4 + 4.0) * SCALE)]
    assert np.abs(np.median(between, axis=0) - style.wall).max() < 25


def test_the_door_is_in_the_middle_bay_and_only_if_there_is_one(style):
    without, with_door = _wall(style, 2), _wall(style, 2, door=True)
    rows, columns = np.nonzero((without.image != with_door.image).any(axis=2))
    middle = 0.4 + 4.0 * 3.5
    assert abs((columns.min() + columns.max()) / 2 / SCALE - middle) < 0.2
    assert np.ptp(columns) / SCALE < 2.4 * 1.6
    assert rows.max() == with_door.image.shape[0] - 1
    assert rows.min() / SCALE > HEIGHT - 4.5


def test_more_storeys_and_bays_give_more_windows(style):
    """Lit panes cannot be counted exactly, as some are dark; their number follows the plan."""
    few = [(_wall(replace(style, bay=8.0, storey=7.0), seed).glow > 0).sum() for seed in range(6)]
    many = [(_wall(style, seed).glow > 0).sum() for seed in range(6)]
    parts = [
        [cv2.connectedComponents((_wall(s, seed).glow > 0).view(np.uint8))[0] for seed in range(6)]
        for s in (replace(style, bay=8.0, storey=7.0), style)
    ]
    assert min(few) > 0
    assert min(many) > 0
    assert np.mean(parts[1]) > 2 * np.mean(parts[0])


def test_only_clock_towers_have_a_clock(style):
    face = (240, 236, 220)  # of variant 1
    shares = []
    for name in ("tower", "clock tower"):
        sheet = paint(name, style, 6.0, 24.0, SCALE, np.random.default_rng(5))
        near = np.abs(sheet.image.astype(int) - face).max(axis=2) < 40
        stage = sheet.image.shape[0] // 4
        shares.append(near[stage : 2 * stage, 20:52].mean())
    assert shares[1] > shares[0] + 0.15


def test_curtain_walls_are_a_grid_of_panes(style):
    sheet = paint("curtain wall", replace(style, variant=0), 16.0, 18.0, SCALE, np.random.default_rng(0))
    _, _, boxes, _ = cv2.connectedComponentsWithStats((sheet.glow > 0).view(np.uint8))
    sizes = boxes[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]] / SCALE
    np.testing.assert_allclose(np.median(sizes, axis=0), [3.2 * 0.82, 3.6 - 1.0], atol=0.15)
    assert 10 <= len(sizes) <= 25


@pytest.mark.parametrize("name", _PAINTERS)
def test_every_painter_fills_its_size_repeats_itself_and_heeds_its_seed(name, style):
    first, again, other = (
        paint(name, style, 9.0, 6.0, 8.0, np.random.default_rng(seed)) for seed in (3, 3, 4)
    )
    assert first.image.shape == (48, 72, 3)
    assert first.glow.shape == (48, 72)
    np.testing.assert_array_equal(first.image, again.image)
    np.testing.assert_array_equal(first.glow, again.glow)
    if name not in ("bench", "seats"):
        assert (first.image != other.image).any()
