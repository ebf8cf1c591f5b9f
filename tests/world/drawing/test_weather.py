from dataclasses import replace

import numpy as np

from landmark_retrieval.world.drawing.weather import draw_weather


def _kinds(harsh):
    return [draw_weather(np.random.default_rng(seed), harsh).kind for seed in range(600)]


def test_harsh_weather_has_more_night_and_storm():
    mild, harsh = _kinds(False), _kinds(True)
    for kind in ("night", "stormy", "sunset"):
        assert harsh.count(kind) > 1.3 * mild.count(kind)
    assert abs(mild.count("clear") / 600 - 0.28) < 0.06


def test_the_sun_is_above_and_lights_the_sides_that_face_it():
    for seed in range(40):
        weather = draw_weather(np.random.default_rng(seed), False)
        assert np.isclose(np.linalg.norm(weather.to_sun), 1)
        assert weather.to_sun[2] > 0.2
        assert 0 <= weather.cover <= 1
        day = replace(weather, kind="clear", sun=0.5)
        assert (day.light(day.to_sun) > day.light(-day.to_sun)).all()
        side = np.cross(day.to_sun, [0.0, 0.0, 1.0])
        np.testing.assert_allclose(day.light(side), day.light(-side))


def test_night_has_no_sun_and_a_dark_ground():
    night = replace(draw_weather(np.random.default_rng(0), False), kind="night")
    np.testing.assert_array_equal(night.light(np.array([0.0, -1.0, 0.0])), np.ones(3))
    assert (night.on_ground() < 0.5).all()
    assert (night.standing() < 0.5).all()
