from dataclasses import replace

import numpy as np
import pytest

from landmark_retrieval.world.drawing.camera import look_at
from landmark_retrieval.world.drawing.sky import Horizon, backdrop
from landmark_retrieval.world.drawing.weather import draw_weather

STEPS = 64
GROUND = np.array([10, 200, 30], np.float32)
SIZE = (120, 100)
FOCAL = 100.0


@pytest.fixture
def weather():
    """A clear day without any cloud."""
    drawn = draw_weather(np.random.default_rng(0), harsh=False)
    return replace(
        drawn, kind="clear", zenith=(20, 60, 220), horizon=(90, 120, 230), cover=-50.0, ambient=0.5, sun=0.5
    )


def _horizon(hills=0.0, town=0.0):
    level = np.ones(STEPS, np.float32)
    return Horizon(hills * level, town * level, np.full((STEPS, 3), (250, 20, 20), np.float32))


def _picture(weather, horizon, roll=0.0, tilt=0.0):
    position, target = np.array([0, 0, 2.0]), np.array([0, 10.0, 2.0 + 10 * tilt])
    camera = look_at(position, target, roll, FOCAL, SIZE)
    return backdrop(camera, weather, GROUND, horizon, np.random.default_rng(0)).astype(int)


def _green(picture):
    return picture[..., 1] > picture[..., 2]


def test_sky_is_above_the_horizon_and_ground_below(weather):
    picture = _picture(weather, _horizon())
    assert not _green(picture)[:48].any()
    assert _green(picture)[53:].all()


def test_looking_up_moves_the_horizon_down_by_the_focal_length_times_the_slope(weather):
    ground = _green(_picture(weather, _horizon(), tilt=0.2))
    assert not ground[:68].any()
    assert ground[73:].all()


def test_a_rolled_camera_tilts_the_horizon(weather):
    ground = _green(_picture(weather, _horizon(), roll=0.2))
    left, right = (int(np.argmax(ground[:, column])) for column in (10, 110))
    assert abs(abs(left - right) - 100 * np.tan(0.2)) < 4


def test_the_sky_is_deeper_towards_the_zenith(weather):
    picture = _picture(weather, _horizon())
    reds = picture[:46, 60, 0]
    assert (np.diff(reds) >= 0).all()
    assert reds[-1] - reds[0] > 10


def test_hills_and_town_rise_by_their_tangents(weather):
    bare = _picture(weather, _horizon())
    hilly = _picture(weather, _horizon(hills=0.2))
    changed = (bare != hilly).any(axis=2)
    assert not changed[:25].any()
    assert changed[32:48, 60].all()
    red = _picture(weather, _horizon(hills=0.2, town=0.1))[:, 60]
    assert (red[41:48, 0] > red[41:48, 2]).all()
    assert (red[31:38, 0] < red[31:38, 2]).all()


def test_cover_adds_clouds_to_the_sky_alone(weather):
    bare, cloudy = (_picture(replace(weather, cover=cover), _horizon()) for cover in (-50.0, 0.9))
    assert (bare[:40] != cloudy[:40]).any(axis=2).mean() > 0.5
    np.testing.assert_array_equal(bare[53:], cloudy[53:])
