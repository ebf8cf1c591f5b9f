from itertools import combinations

import cv2
import numpy as np
import pytest

from landmark_retrieval.world.drawing.buildings.style import TYPOLOGIES
from landmark_retrieval.world.drawing.photograph import (
    Photograph,
    building_box,
    landmark_style,
    render_photograph,
)

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
def test_photographs_have_the_long_side_asked_for_and_show_something(view, difficulty):
    longest = set()
    for seed in range(4):
        image = _decoded(Photograph(-1 if view == "irrelevant" else seed, seed, view, difficulty, seed), 96)
        longest.add(max(image.shape))
        assert image.std() > 4
    assert longest <= {96, 84}


def test_the_same_photograph_twice_is_the_same_bytes_and_another_seed_is_not():
    first = Photograph(1, 1, "exterior", "", 10)
    render = render_photograph(first, SEED, 96)
    render_photograph(Photograph(2, 2, "interior", "", 11), SEED, 96)
    assert render_photograph(first, SEED, 96) == render
    assert render_photograph(Photograph(1, 1, "exterior", "", 12), SEED, 96) != render


def test_photographs_of_one_landmark_match_and_its_inside_does_not_match_its_outside():
    same, inside, across = [], [], []
    for landmark in (0, 3, 11):
        out = [
            _decoded(Photograph(landmark, landmark, "exterior", "easy", 50 * landmark + i)) for i in range(3)
        ]
        room = [_decoded(Photograph(landmark, landmark, "interior", "easy", 90 + i)) for i in range(3)]
        same += [_inliers(a, b) for a, b in combinations(out, 2)]
        inside += [_inliers(a, b) for a, b in combinations(room, 2)]
        across += [_inliers(a, b) for a in out[:2] for b in room[:2]]
    assert np.median(same) > 2 * max(across)
    assert np.median(inside) > 2 * max(across)


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


def test_every_kind_of_building_can_be_photographed_by_day_and_night():
    seen = set()
    for landmark in range(200):
        kind = landmark_style(SEED, landmark, landmark).typology
        if kind not in seen:
            seen.add(kind)
            for seed in range(2):
                assert _decoded(Photograph(landmark, landmark, "exterior", "hard", seed), 64).std() > 2
    assert seen == set(TYPOLOGIES)


def test_box_scales_with_the_photograph_and_holds_the_building():
    photograph = Photograph(4, 4, "exterior", "easy", 5)
    small, large = (np.array(building_box(photograph, SEED, side)) for side in (128, 256))
    assert np.abs(2 * small - large).max() < 3
    left, top, right, bottom = large
    assert (right - left) * (bottom - top) > 0.15 * 256 * 171
