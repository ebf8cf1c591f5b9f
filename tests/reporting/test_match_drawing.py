import logging

import cv2
import numpy as np
import pytest

from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.reporting.match_drawing import (
    GAP,
    MatchedPicture,
    choose_lines,
    draw_matches,
    extraction_scale,
    read_matched,
)

GREEN, BLUE = np.array([0, 158, 115]), np.array([0, 114, 178])  # Okabe and Ito's
NONE = np.zeros((0, 4), np.float32)


def plain(height: int, width: int, level: int = 200) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


def near(drawing: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Where a drawing has about a colour."""
    return np.abs(drawing.astype(int) - colour).max(axis=2) < 30


def some_points(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(5, 90, (n, 4)).astype(np.float32)


def test_dots_lie_where_the_points_were_found():
    """Points found in pictures shrunk to 200 pixels, drawn 100 pixels high; by hand."""
    first, second = plain(400, 800), plain(300, 200)
    points = np.array([[50, 60, 20, 150], [150, 30, 100, 10]], np.float32)
    scales = extraction_scale(first, 200), extraction_scale(second, 200)
    assert scales == (0.25, pytest.approx(2 / 3))
    drawing = draw_matches(
        MatchedPicture(first, scales[0]), MatchedPicture(second, scales[1]), points, 100, 0
    )
    assert drawing.shape == (100, 200 + GAP + 67, 3)
    # the first was 200 x 100 when searched and is drawn so; the second was 133 x 200, drawn 67 x 100
    expected = [(50, 60), (150, 30), (206 + 10, 75), (206 + 50, 5)]
    dots = near(drawing, GREEN)
    for x, y in expected:
        ys, xs = np.nonzero(dots[max(0, y - 6) : y + 7, x - 6 : x + 7])
        assert abs(xs.mean() - 6) < 1
        assert abs(ys.mean() - min(6, y)) < 1
        dots[max(0, y - 6) : y + 7, x - 6 : x + 7] = False
    assert not dots.any()


def test_photographs_stand_side_by_side_at_a_common_height():
    drawing = draw_matches(
        MatchedPicture(plain(50, 80, 90), 1), MatchedPicture(plain(400, 300, 220), 1), NONE, 100, 5
    )
    assert drawing.shape == (100, 160 + GAP + 75, 3)
    assert (drawing[:, :160] == 90).all()
    assert (drawing[:, 160 + GAP :] == 220).all()


def test_panorama_is_fitted_to_twice_the_height():
    drawing = draw_matches(
        MatchedPicture(plain(100, 1000), 1), MatchedPicture(plain(1000, 1), 1), NONE, 60, 5
    )
    assert drawing.shape == (60, 120 + GAP + 1, 3)
    assert (drawing[24:36, :120] == 200).all()
    assert (drawing[:24, :120] < 40).all()


def test_lines_join_dots_and_stand_out_from_any_background():
    for level in (0, 128, 255):
        pictures = [MatchedPicture(plain(100, 100, level), 1) for _ in range(2)]
        points = np.array([[20, 50, 80, 50]], np.float32)
        without, with_line = (draw_matches(*pictures, points, 100, lines) for lines in (0, 1))
        assert near(with_line, GREEN)[50, 30:176].all()
        assert not near(without, GREEN)[50, 30:176].any()
    green = [MatchedPicture(np.broadcast_to(GREEN, (100, 100, 3)).astype(np.uint8), 1) for _ in range(2)]
    drawn = draw_matches(*green, points, 100, 1)
    assert (drawn[45:56, 15:26].max(axis=2) < 90).any()  # the outline of the dot
    assert (drawn[45:56, 60].max(axis=1) < 110).sum() >= 2  # and of the line


def test_all_inliers_are_dots_but_only_some_are_lines():
    pictures = [MatchedPicture(plain(300, 300), 1) for _ in range(2)]
    grid = np.stack(np.meshgrid(np.arange(20, 300, 40), np.arange(20, 300, 40)), axis=-1).reshape(-1, 2)
    points = np.concatenate([grid, grid], axis=1).astype(np.float32)
    dots = near(draw_matches(*pictures, points, 300, 0), GREEN)
    assert all(dots[y, x] and dots[y, x + 300 + GAP] for x, y in grid)
    assert near(draw_matches(*pictures, points, 300, 8), GREEN).sum() > dots.sum()


def test_chosen_lines_spread_from_top_to_bottom():
    points = some_points(101)
    chosen = choose_lines(points, 5)
    heights = np.sort(points[:, 1])
    assert points[chosen, 1].tolist() == heights[[0, 25, 50, 75, 100]].tolist()
    assert sorted(choose_lines(points, 101).tolist()) == list(range(101))
    assert len(choose_lines(points, 0)) == len(choose_lines(NONE, 5)) == 0
    assert points[choose_lines(points, 1), 1].tolist() == [heights[0]]


def test_order_of_the_points_changes_nothing():
    points = some_points(300)
    points[::3, 1] = 40.0  # many at one height
    shuffled = points[np.random.default_rng(1).permutation(300)]
    pictures = [MatchedPicture(plain(100, 150), 1) for _ in range(2)]
    assert np.array_equal(draw_matches(*pictures, points, 120, 9), draw_matches(*pictures, shuffled, 120, 9))


def test_box_is_drawn_in_pixels_of_the_photograph():
    first = MatchedPicture(plain(400, 600), 0.5, (100.0, 80.0, 500.0, 360.0))
    drawing = draw_matches(first, MatchedPicture(plain(400, 600), 0.5), NONE, 200, 5)
    blue = near(drawing, BLUE)
    ys, xs = np.nonzero(blue)
    assert np.abs(np.array([xs.min(), ys.min(), xs.max(), ys.max()]) - [50, 40, 250, 180]).max() <= 1
    assert not blue[45:175, 55:245].any()


@pytest.mark.parametrize("box", [None, (np.nan,) * 4])
def test_no_box(box):
    drawing = draw_matches(
        MatchedPicture(plain(40, 60), 1, box), MatchedPicture(plain(40, 60), 1), NONE, 40, 5
    )
    assert (drawing[:, :60] == 200).all()


def test_box_as_large_as_the_photograph_is_seen_on_all_sides():
    first = MatchedPicture(plain(40, 60), 1, (0.0, 0.0, 60.0, 40.0))
    blue = near(draw_matches(first, MatchedPicture(plain(40, 60), 1), NONE, 40, 5), BLUE)
    assert all(side.all() for side in (blue[1, 2:58], blue[38, 2:58], blue[2:38, 1], blue[2:38, 58]))


def test_reads_a_photograph_with_its_scale_and_box(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), plain(30, 60))
    read = read_matched(FileTree(tmp_path), "a.png", 20, (1.0, 2.0, 3.0, 4.0))
    assert (read.pixels.shape, read.scale, read.box) == ((30, 60, 3), 1 / 3, (1.0, 2.0, 3.0, 4.0))
    assert read_matched(FileTree(tmp_path), "a.png", 1000).scale == 1.0


def test_damaged_photograph_is_one_line_in_the_log(tmp_path, caplog):
    (tmp_path / "broken.jpg").write_bytes(b"not a picture")
    with caplog.at_level(logging.WARNING):
        assert read_matched(FileTree(tmp_path), "broken.jpg", 20) is None
    assert [record.message.count("broken.jpg") for record in caplog.records] == [1]
