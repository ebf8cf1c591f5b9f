from dataclasses import replace
from functools import partial
from itertools import combinations

import cv2
import numpy as np
import pytest

from landmark_retrieval.world.drawing.buildings.style import TYPOLOGIES
from landmark_retrieval.world.drawing.camera import bounding_box
from landmark_retrieval.world.drawing.canvas import Canvas
from landmark_retrieval.world.drawing.photograph import (
    Photograph,
    building_box,
    landmark_style,
    render_photograph,
)
from landmark_retrieval.world.drawing.scene import Landmark
from landmark_retrieval.world.drawing.viewpoint import outside
from landmark_retrieval.world.drawing.weather import draw_weather

pytestmark = pytest.mark.costly

SEED = 7
VIEWS = ("exterior", "interior", "detail", "distractor", "irrelevant")


def _decoded(photograph, long_side=256):
    data = np.frombuffer(render_photograph(photograph, SEED, long_side), np.uint8)
    return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)


def _inliers(first, second):
    """Mutual nearest SIFT matches that agree with one affine transform."""
    sift = cv2.SIFT_create(600)
    (points, a), (others, b) = (sift.detectAndCompute(image, None) for image in (first, second))
    matches = cv2.BFMatcher(cv2.NORM_L2, crossCheck=True).match(a, b)
    nearest = sorted(matches, key=lambda match: match.distance)[:150]
    source = np.float32([points[match.queryIdx].pt for match in nearest])
    target = np.float32([others[match.trainIdx].pt for match in nearest])
    cv2.setRNGSeed(0)
    _, agreed = cv2.estimateAffine2D(source, target, method=cv2.RANSAC, ransacReprojThreshold=5.0)
    return 0 if agreed is None else int(agreed.sum())


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("difficulty", ["", "easy", "hard", "junk"])
def test_photographs_have_their_long_side_and_neighbouring_pixels_agree(view, difficulty):
    longest = set()
    for seed in range(4):
        image = _decoded(Photograph(-1 if view == "irrelevant" else seed, seed, view, difficulty, seed), 96)
        longest.add(max(image.shape))
        assert np.corrcoef(image[:, 1:].ravel(), image[:, :-1].ravel())[0, 1] > 0.6  # of noise: 0
    assert longest <= {96, 84}


def test_the_same_photograph_twice_is_the_same_bytes_and_another_seed_is_not():
    first = Photograph(1, 1, "exterior", "", 10)
    render = render_photograph(first, SEED, 96)
    render_photograph(Photograph(2, 2, "interior", "", 11), SEED, 96)
    assert render_photograph(first, SEED, 96) == render
    assert render_photograph(Photograph(1, 1, "exterior", "", 12), SEED, 96) != render


def test_two_viewpoints_of_a_landmark_verify_and_its_inside_and_other_landmarks_do_not():
    same, inside, across, others = [], [], [], []
    outsides = []
    for landmark in (0, 3, 11):
        out = [
            _decoded(Photograph(landmark, landmark, "exterior", "easy", 50 * landmark + i)) for i in range(3)
        ]
        room = [_decoded(Photograph(landmark, landmark, "interior", "easy", 90 + i)) for i in range(3)]
        same += [_inliers(a, b) for a, b in combinations(out, 2)]
        inside += [_inliers(a, b) for a, b in combinations(room, 2)]
        across += [_inliers(a, b) for a in out[:2] for b in room[:2]]
        outsides.append(out[:2])
    for first, second in combinations(outsides, 2):
        others += [_inliers(a, b) for a in first for b in second]
    assert np.median(same) > 2 * max(across + others)
    assert np.median(inside) > 2 * max(across + others)


def test_lookalikes_share_what_a_family_shares_and_differ_in_detail():
    one, other = landmark_style(SEED, 1, 1), landmark_style(SEED, 2, 1)
    assert (one.typology, one.wall, one.roof, one.window) == (
        other.typology,
        other.wall,
        other.roof,
        other.window,
    )
    assert one.seed != other.seed
    assert one.width != other.width


def _kinds():
    """A landmark of each kind of building."""
    kinds = {}
    for landmark in range(200):
        kinds.setdefault(landmark_style(SEED, landmark, landmark).typology, landmark)
    return kinds


def test_every_kind_of_building_occurs():
    assert set(_kinds()) == set(TYPOLOGIES)


@pytest.mark.parametrize("kind", TYPOLOGIES)
def test_the_building_fills_its_box_and_is_dark_at_night(kind):
    number = _kinds()[kind]
    landmark = Landmark(landmark_style(SEED, number, number), 0.5)
    size = 128, 96
    camera = outside(landmark.style, landmark.extent, "easy", size, np.random.default_rng(number))
    left, top, right, bottom = bounding_box(camera, [face.corners for face in landmark.faces])
    drawn = {}
    for weather in ("clear", "night"):
        light = replace(draw_weather(np.random.default_rng(0), False), kind=weather, sun=0.5)
        canvas = Canvas(camera, np.zeros((96, 128, 3), np.uint8))
        for face in landmark.faces:
            canvas.face(
                face, partial(landmark.paintings.levels, face.surface, light.night), light.light(face.normal)
            )
        drawn[weather] = canvas.image
        rows, columns = np.nonzero(canvas.nearness)
        seen = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        np.testing.assert_allclose(seen, (left, top, right, bottom), atol=2.5)
        assert len(rows) > 0.2 * (right - left) * (bottom - top)
    silhouette = canvas.nearness > 0
    night, day = (np.percentile(drawn[weather][silhouette], 25) for weather in ("night", "clear"))
    assert night < 0.75 * day  # of the walls; lit windows are bright


def test_box_scales_with_the_photograph_and_holds_the_building():
    photograph = Photograph(4, 4, "exterior", "easy", 5)
    small, large = (np.array(building_box(photograph, SEED, side)) for side in (128, 256))
    assert np.abs(2 * small - large).max() < 3
    left, top, right, bottom = large
    assert (right - left) * (bottom - top) > 0.15 * 256 * 171
