import numpy as np
import pytest

from landmark_retrieval.world.drawing.buildings.material import clad, clouded, masonry, weathered
from landmark_retrieval.world.drawing.sheet import blank_sheet

COLOUR = (180, 140, 110)
BEAM = (50, 30, 20)


def _clad(material, seed=0):
    sheet = blank_sheet(16.0, 12.0, 16.0, (0, 0, 0), np.random.default_rng(seed))
    clad(sheet, COLOUR, material, BEAM)
    return sheet


def _rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("material", ["brick", "ashlar", "rubble", "panel", "plaster"])
def test_walls_have_the_colour_that_was_chosen(material):
    mean = _clad(material).image.reshape(-1, 3).mean(axis=0)
    assert np.abs(mean / COLOUR - 1).max() < 0.1


@pytest.mark.parametrize(("material", "course"), [("brick", 0.34), ("ashlar", 0.62), ("panel", 1.9)])
def test_masonry_has_dark_joints_at_every_course(material, course):
    sheet = blank_sheet(20.0, 20.0, 25.0, COLOUR, _rng())
    masonry(sheet, COLOUR, material)
    rows = sheet.image.mean(axis=(1, 2))
    dark = np.flatnonzero(rows < np.median(rows) * 0.93)
    expected = np.flatnonzero(np.diff((np.arange(500) / (course * 25)).astype(int))) + 1
    assert set(expected) <= set(dark)
    assert len(dark) <= 1.1 * len(expected)


def test_bricks_are_shorter_than_panels():
    edges = {
        material: (np.abs(np.diff(_clad(material).image.astype(int), axis=1)).sum(axis=2) > 60).mean()
        for material in ("brick", "panel")
    }
    assert edges["brick"] > 1.5 * edges["panel"]


def test_timber_has_posts_and_rails_of_the_beam_colour():
    image = _clad("timber").image
    beam = np.abs(image.astype(int) - BEAM).max(axis=2) < 30
    posts = beam[:, [round(1.9 * 16 * number) for number in range(1, 8)]].mean()
    rails = beam[[round(2.7 * 16 * number) for number in range(1, 4)]].mean()
    assert posts > 0.9
    assert rails > 0.9
    assert beam.mean() < 0.6


def test_weather_darkens_the_foot_of_a_wall(wall):
    weathered(wall, 1.0)
    rows = wall.image.mean(axis=(1, 2))
    assert rows[-8:].mean() < 0.88 * rows[:80].mean()
    assert abs(rows[:80].mean() - 100) < 8


def test_clouds_are_smooth_with_about_unit_spread_and_lumps_of_their_size():
    noise = clouded(300, 400, 60, _rng())
    assert noise.shape == (300, 400)
    assert noise.dtype == np.float32
    assert 0.5 < noise.std() < 1.5
    near, far = (np.corrcoef(noise[:, :-lag].ravel(), noise[:, lag:].ravel())[0, 1] for lag in (3, 90))
    assert near > 0.9
    assert far < 0.4
