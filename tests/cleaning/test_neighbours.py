import numpy as np
import pytest

from landmark_retrieval.cleaning.neighbours import same_landmark_neighbours
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking


def random_ranking(n, k, rng):
    positions = np.stack([rng.permutation(n)[:k] for _ in range(n)])
    positions[rng.random(n) < 0.3, -2:] = -1
    scores = np.sort(rng.random((n, k)).astype(np.float32))[:, ::-1].copy()
    scores[positions == -1] = -np.inf
    return Ranking(positions, scores, n)


def naive_neighbours(ranking, landmarks, max_neighbours):
    pairs = []
    for image, row in enumerate(ranking.positions.tolist()):
        found = [r for r in row if r >= 0 and r != image and landmarks[r] == landmarks[image]]
        pairs += [[image, other] for other in found[:max_neighbours]]
    return pairs


@pytest.mark.parametrize("max_neighbours", [1, 3, 100])
def test_agrees_with_one_list_after_the_other(max_neighbours):
    rng = np.random.default_rng(0)
    ranking = random_ranking(40, 25, rng)
    landmarks = rng.integers(0, 4, 40)
    expected = naive_neighbours(ranking, landmarks, max_neighbours)
    assert same_landmark_neighbours(ranking, landmarks, max_neighbours).tolist() == expected


@pytest.mark.parametrize("max_neighbours", [1, 3, 100])
def test_copies_are_no_neighbours_and_take_no_place(max_neighbours):
    rng = np.random.default_rng(1)
    ranking, landmarks, groups = random_ranking(40, 25, rng), rng.integers(0, 4, 40), rng.integers(0, 15, 40)
    others = [
        [r for r in row if r >= 0 and landmarks[r] == landmarks[i] and groups[r] != groups[i]]
        for i, row in enumerate(ranking.positions.tolist())
    ]
    expected = [[i, other] for i, found in enumerate(others) for other in found[:max_neighbours]]
    assert same_landmark_neighbours(ranking, landmarks, max_neighbours, groups).tolist() == expected


def test_the_image_itself_is_left_out_wherever_it_stands():
    positions = np.array([[1, 0, 2], [0, 2, 1], [0, 1, 2]])
    ranking = Ranking(positions, np.ones((3, 3), np.float32), 3)
    pairs = same_landmark_neighbours(ranking, np.array([7, 7, 7]), 2)
    assert pairs.tolist() == [[0, 1], [0, 2], [1, 0], [1, 2], [2, 0], [2, 1]]


def test_padding_is_no_neighbour_of_the_last_row():
    ranking = Ranking(np.array([[0, -1], [1, -1]]), np.float32([[1, -np.inf]] * 2), 2)
    assert same_landmark_neighbours(ranking, np.array([5, 5]), 10).shape == (0, 2)


def test_permuting_landmark_numbers_changes_nothing():
    rng = np.random.default_rng(1)
    ranking = random_ranking(30, 20, rng)
    landmarks = rng.integers(0, 5, 30)
    renumbered = rng.permutation(5)[landmarks]
    np.testing.assert_array_equal(
        same_landmark_neighbours(ranking, landmarks, 4), same_landmark_neighbours(ranking, renumbered, 4)
    )


def test_other_images_are_an_error():
    ranking = random_ranking(5, 3, np.random.default_rng(2))
    with pytest.raises(DataError, match="5 images among 5 with 4 landmarks"):
        same_landmark_neighbours(ranking, np.zeros(4, np.int64), 3)
