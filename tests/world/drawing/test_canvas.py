from itertools import permutations

import numpy as np

from landmark_retrieval.world.drawing.camera import NEAR, bounding_box, in_front, look_at
from landmark_retrieval.world.drawing.canvas import Canvas
from landmark_retrieval.world.drawing.solid import Block

CAMERA = look_at(np.array([3.0, -20.0, 6.0]), np.array([0.0, 0.0, 2.0]), 0.05, 120.0, (96, 72))
WHITE = np.ones(3)


def _draw(faces, colours):
    canvas = Canvas(CAMERA, np.zeros((72, 96, 3), np.uint8))
    for face, colour in zip(faces, colours, strict=True):
        canvas.face(face, lambda colour=colour: [np.full((8, 8, 3), colour, np.uint8)], WHITE)
    return canvas


def _cast(face, colour, column, row):
    """Depth and colour of one face under one pixel, by casting a ray."""
    ray = CAMERA.axes.T @ np.array([(column + 0.5 - 48) / 120, (row + 0.5 - 36) / 120, 1])
    depth = (face.origin - CAMERA.position) @ face.normal / (ray @ face.normal)
    hit = CAMERA.position + depth * ray - face.origin
    inside = 0 < hit @ face.right < face.surface.width and 0 < hit @ face.down < face.surface.height
    return (depth, colour) if depth > 0 and inside else (np.inf, 0)


def test_drawing_agrees_with_casting_rays_in_any_order():
    near, far = Block(-2, 1, -6, -4, 0, 3), Block(-4, 5, 0, 3, 0, 6)
    faces = [near.walls("a", "b")[0], near.top(), far.walls("a", "b")[0], far.walls("a", "b")[1]]
    colours = [60, 120, 180, 240]
    expected = np.array(
        [
            [
                min((_cast(face, colour, x, y) for face, colour in zip(faces, colours, strict=True)))[1]
                for x in range(96)
            ]
            for y in range(72)
        ]
    )
    # a pixel on an edge may fall to either side
    shifted = [np.roll(expected, (dy, dx), (0, 1)) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    inner = (np.array(shifted) == expected).all(axis=0)
    assert set(expected[inner]) >= {0, 60, 180}
    for order in permutations(range(4)):
        drawn = _draw([faces[i] for i in order], [colours[i] for i in order]).image[..., 0]
        np.testing.assert_array_equal(drawn[inner], expected[inner])


def test_what_is_hidden_is_never_painted():
    front, back = Block(-8, 8, -5, -4, -5, 12), Block(-1, 1, 0, 1, 0, 1)
    canvas = _draw([front.walls("a", "b")[0]], [90])
    asked = []
    canvas.face(back.walls("a", "b")[0], lambda: asked.append(1) or [np.zeros((4, 4, 3), np.uint8)], WHITE)
    assert asked == []


def test_a_polygon_is_cut_at_the_near_plane():
    square = np.array([[-1, 0, -1], [1, 0, -1], [1, 0, 3], [-1, 0, 3.0]])
    cut = in_front(square)
    assert cut[:, 2].min() >= NEAR - 1e-12
    assert cut[:, 2].max() == 3
    assert len(in_front(square - [0, 0, 10])) == 0


def test_the_box_is_that_of_the_projected_corners():
    corners = [face.corners for face in Block(-1, 1, -1, 1, 0, 2).walls("a", "b")]
    points = np.concatenate(corners)
    local = (points - CAMERA.position) @ CAMERA.axes.T
    pixels = local[:, :2] / local[:, 2:] * 120 + [48, 36]
    expected = [*pixels.min(axis=0), *pixels.max(axis=0)]
    np.testing.assert_allclose(bounding_box(CAMERA, corners), expected)
