from dataclasses import replace

import numpy as np
import pytest

from landmark_retrieval.world.drawing.surroundings import REACH, surround

SCALE = 3.4


@pytest.mark.parametrize(
    ("ground", "colour"), [("street", (104, 104, 108)), ("lawn", (104, 124, 70)), ("square", (176, 168, 154))]
)
def test_the_ground_has_the_colour_of_its_kind(ground, colour, style):
    place = surround(replace(style, ground=ground), 1.0)
    metres = (
        REACH / 2 + style.depth / 2 + 8 if ground == "street" else 30
    )  # from the far edge; the road is before
    row = round(metres * SCALE)
    patch = place.picture[row - 3 : row + 3, round(25 * SCALE) : round(40 * SCALE)]
    assert np.abs(np.median(patch.reshape(-1, 3), axis=0) - colour).max() < 25


def test_the_ground_goes_over_into_its_mean_colour(style):
    picture = surround(style, 1.0).picture.astype(int)
    border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    assert np.ptp(border, axis=0).max() < 8
    assert np.abs(border.mean(axis=0) - picture.mean(axis=(0, 1))).max() < 8


def test_light_fails_beside_the_walls(style):
    picture = surround(replace(style, ground="square"), 1.0).picture.astype(int)
    row, middle = round((REACH / 2) * SCALE), round(REACH / 2 * SCALE)
    beside = round((REACH / 2 - style.width / 2 - 0.5) * SCALE)
    away = round((REACH / 2 - style.width / 2 - 8) * SCALE)
    assert (
        picture[row - 8 : row + 8, beside - 1 : beside + 1].mean() < picture[row - 8 : row + 8, away].mean()
    )
    assert picture[row, middle].mean() < picture[row, away].mean()


def test_neighbours_and_trees_leave_the_landmark_free(style):
    for seed in range(30):
        place = surround(replace(style, seed=seed), 0.1)
        for _, faces in place.neighbours:
            assert min(np.abs(face.corners[:, 0]).min() for face in faces) > style.width / 2
        for _, _, foot in place.trees:
            assert abs(foot[0]) > style.width / 2


def test_surroundings_last_from_one_photograph_to_the_next(style):
    once, again, other = (surround(replace(style, seed=seed), 0.3) for seed in (1, 1, 2))
    np.testing.assert_array_equal(once.picture, again.picture)
    np.testing.assert_array_equal(once.horizon.town, again.horizon.town)
    assert (once.horizon.town != other.horizon.town).any()


def test_the_grain_repeats_without_a_seam(style):
    grain = surround(replace(style, ground="lawn"), 0.1).grain.astype(int)
    inner = np.abs(np.diff(grain, axis=0)).mean()
    seam = np.abs(grain[0] - grain[-1]).mean()
    assert seam < 1.3 * inner
    assert abs(grain.mean() - 128) < 2
