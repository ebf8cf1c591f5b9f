import numpy as np
import pytest

from landmark_retrieval.world.drawing.buildings.building import build
from landmark_retrieval.world.drawing.buildings.room import furnish
from landmark_retrieval.world.drawing.photograph import landmark_style
from landmark_retrieval.world.drawing.solid import Block, cone, cross, dome, drum, onion, polygon_area

BLOCK = Block(-3, 5, -2, 4, 0, 7)


@pytest.mark.parametrize(
    "faces",
    [
        [*BLOCK.walls("a", "b"), BLOCK.top()],
        BLOCK.hip(3.0),
        BLOCK.hip(3.0, ridge=0.0),
        BLOCK.gable(2.0),
        drum("a", 1, 1, 3, 0, 7),
        cone("a", 1, 1, 3, 0, 7),
        dome("a", 1, 1, 3, 0),
    ],
)
def test_faces_look_outwards(faces):
    inside = np.array([1.0, 1.0, 0.5 if faces[0].origin[2] <= 7 else 6.9])
    for face in faces:
        assert face.normal @ (face.corners.mean(axis=0) - inside) > 0
        assert np.isclose(np.linalg.norm(face.normal), 1)


def test_faces_lie_in_their_planes_and_have_the_area_of_their_polygons():
    for face in [*BLOCK.hip(3.0), *onion("a", 0, 0, 2, 5), *dome("a", 0, 0, 2, 5)]:
        corners = face.corners
        assert np.abs((corners - face.origin) @ face.normal).max() < 1e-9
        fan = sum(
            np.linalg.norm(np.cross(corners[i] - corners[0], corners[i + 1] - corners[0])) / 2 for i in (1, 2)
        )
        assert np.isclose(face.area, fan, rtol=1e-6)


def test_cross_and_area_agree_with_numpy():
    rng = np.random.default_rng(0)
    for _ in range(20):
        a, b = rng.normal(size=(2, 3))
        np.testing.assert_allclose(cross(a, b), np.cross(a, b))
    assert polygon_area(np.array([[0, 0], [4, 0], [4, 3], [0, 3]])) == 12


def test_every_building_stands_on_the_ground_around_the_origin():
    for landmark in range(40):
        points = np.concatenate([face.corners for face in build(landmark_style(1, landmark, landmark))])
        assert abs(points[:, 2].min()) < 0.5
        assert 6 < points[:, 2].max() < 110
        assert np.abs(points[:, :2].mean(axis=0)).max() < 20


def test_every_room_looks_inwards():
    for landmark in range(20):
        room = furnish(landmark_style(1, landmark, landmark))
        centre = np.array([0.0, room.depth / 2, room.height / 2])
        shell = [
            face for face in room.faces if "wall" in face.surface.painter or face.surface.painter == "floor"
        ]
        assert len(shell) == 5
        for face in shell:
            assert face.normal @ (centre - face.corners.mean(axis=0)) > 0
