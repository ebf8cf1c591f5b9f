import numpy as np
import pytest

from landmark_retrieval.world.drawing import viewpoint
from landmark_retrieval.world.drawing.buildings.building import build
from landmark_retrieval.world.drawing.buildings.room import furnish
from landmark_retrieval.world.drawing.camera import bounding_box
from landmark_retrieval.world.drawing.photograph import landmark_style

SIZE = (256, 192)


def _shares(difficulty):
    """The share of the picture's larger relative side that the building fills, for many photographs."""
    shares = []
    for number in range(25):
        style = landmark_style(2, number, number)
        faces = build(style)
        rng = np.random.default_rng(number)
        camera = viewpoint.outside(style, viewpoint.extent(faces), difficulty, SIZE, rng)
        corners = np.concatenate([face.corners for face in faces])
        local = camera.local(corners)
        assert (local[:, 2] > 0).all()
        pixels = camera.pixels(local)
        shares.append((np.ptp(pixels, axis=0) / SIZE).max())
    return np.median(shares)


def test_easy_photographs_are_filled_and_junk_ones_are_not():
    easy, junk = _shares("easy"), _shares("junk")
    assert 0.6 < easy < 1.6
    assert junk < 0.45


def test_the_photographer_is_outside_on_the_ground():
    for number in range(40):
        style = landmark_style(2, number, number)
        size = viewpoint.extent(build(style))
        camera = viewpoint.outside(style, size, "", SIZE, np.random.default_rng(number))
        assert np.linalg.norm(camera.position[:2]) > size.reach
        assert 1.5 <= camera.position[2] <= max(4, 0.5 * size.height)


def test_most_photographs_are_taken_from_the_front_and_hard_ones_from_the_side():
    style = landmark_style(2, 3, 3)
    size = viewpoint.extent(build(style))

    def angles(difficulty):
        cameras = [
            viewpoint.outside(style, size, difficulty, SIZE, np.random.default_rng(n)) for n in range(60)
        ]
        return np.array([abs(np.degrees(np.arctan2(c.position[0], -c.position[1]))) for c in cameras])

    assert np.median(angles("easy")) < 50
    assert np.median(angles("hard")) > np.median(angles("easy"))


def test_a_close_up_shows_part_of_the_front():
    for number in range(20):
        style = landmark_style(2, number, number)
        faces = build(style)
        size = viewpoint.extent(faces)
        camera = viewpoint.close_up(style, size, SIZE, np.random.default_rng(number))
        box = bounding_box(camera, [face.corners for face in faces])
        assert (box[2] - box[0]) * (box[3] - box[1]) > 0.5 * SIZE[0] * SIZE[1]
        assert camera.position[1] < 0


@pytest.mark.parametrize("difficulty", ["easy", "hard"])
def test_interiors_are_taken_from_within_the_room(difficulty):
    for number in range(40):
        room = furnish(landmark_style(2, number, number))
        camera = viewpoint.inside(room, difficulty, SIZE, np.random.default_rng(number))
        x, y, z = camera.position
        assert abs(x) <= 0.33 * room.width
        assert 0 < y < room.depth
        assert 1.5 <= z < room.height


def test_photographs_have_one_of_five_shapes_as_often_as_planned():
    sizes = [viewpoint.draw_size(200, np.random.default_rng(seed)) for seed in range(500)]
    assert set(sizes) == {(200, 150), (200, 134), (175, 175), (150, 200), (134, 200)}
    assert abs(sizes.count((200, 150)) / 500 - 0.36) < 0.07
