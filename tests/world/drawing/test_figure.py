import numpy as np
import pytest

from landmark_retrieval.world.drawing.camera import look_at
from landmark_retrieval.world.drawing.canvas import Canvas
from landmark_retrieval.world.drawing.figure import VARIETIES, Figure, figure
from landmark_retrieval.world.drawing.solid import Block

HEIGHTS = {"person": 1.75, "tree": 8.5, "cypress": 8.0, "car": 1.6, "lamp": 5.2}
CAMERA = look_at(np.array([0, -20.0, 2.0]), np.array([0, 0, 2.0]), 0.0, 200.0, (160, 120))
WHITE = np.ones(3)


@pytest.mark.parametrize("kind", HEIGHTS)
def test_figures_have_the_height_of_their_kind_and_show_no_key_colour(kind):
    for variety in range(VARIETIES):
        shape = figure(kind, variety)
        assert 0.9 <= shape.height / HEIGHTS[kind] <= 1.15
        assert set(np.unique(shape.alpha)) == {0, 255}
        assert 0.1 < (shape.alpha > 0).mean() < 0.9
        assert not (shape.picture[shape.alpha > 0] == (255, 0, 255)).all(axis=1).any()


@pytest.mark.parametrize("kind", HEIGHTS)
def test_a_variety_is_always_the_same_and_others_differ(kind):
    pictures = [figure(kind, variety).picture.tobytes() for variety in range(VARIETIES)]
    figure.cache_clear()
    assert figure(kind, 3).picture.tobytes() == pictures[3]
    assert len(set(pictures)) >= {"lamp": 2, "car": 7}.get(kind, VARIETIES)


def test_cypresses_are_green_and_lamps_bright_on_top():
    for variety in range(4):
        cypress, lamp = figure("cypress", variety), figure("lamp", variety)
        red, green, blue = cypress.picture[cypress.alpha > 0].mean(axis=0)
        assert green > max(red, blue)
        rows = lamp.picture.shape[0]
        head, post = (
            lamp.picture[part][lamp.alpha[part] > 0] for part in (slice(0, rows // 6), slice(rows // 2, None))
        )
        assert head.max(axis=0).min() > 180
        assert post.mean() < 80


def _stood(canvas, distance):
    """A figure 2 metres high, `distance` metres before the camera; the pixels it covers."""
    before = canvas.image.copy()
    picture = np.full((40, 20, 3), 250, np.uint8)
    foot = CAMERA.position * [1, 1, 0] + [0, distance, 0]
    canvas.figure(Figure(picture, np.full((40, 20), 255, np.uint8), 2.0), foot, WHITE)
    return (canvas.image != before).any(axis=2)


@pytest.mark.parametrize("distance", [5.0, 10.0, 20.0])
def test_a_figure_stands_on_its_foot_and_shrinks_with_distance(distance):
    covered = _stood(Canvas(CAMERA, np.zeros((120, 160, 3), np.uint8)), distance)
    rows, columns = np.nonzero(covered)
    expected_foot = min(60 + 200 * 2.0 / distance, 120)
    assert abs(rows.max() + 1 - expected_foot) <= 1
    assert abs(rows.max() + 1 - rows.min() - (expected_foot - 60)) <= 1
    assert abs(columns.mean() + 0.5 - 80) <= 1
    assert abs(np.ptp(columns) + 1 - 200 / distance) <= 1


def test_figures_are_hidden_by_what_is_nearer_and_hide_what_is_farther():
    face = Block(-10, 10, -10, -9, -5, 10).walls("a", "b")[0]  # 10 metres before the camera
    for distance, seen in ((5.0, True), (15.0, False)):
        canvas = Canvas(CAMERA, np.zeros((120, 160, 3), np.uint8))
        canvas.face(face, lambda: [np.full((8, 8, 3), 90, np.uint8)], WHITE)
        assert _stood(canvas, distance).any() == seen
    far_first = Canvas(CAMERA, np.zeros((120, 160, 3), np.uint8))
    near = _stood(far_first, 5.0)
    far_first.face(face, lambda: [np.full((8, 8, 3), 90, np.uint8)], WHITE)
    assert (far_first.image[near] == 250).all()
