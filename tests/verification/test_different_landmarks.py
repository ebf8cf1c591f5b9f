import numpy as np
import pytest

from landmark_retrieval.ranking import Ranking
from landmark_retrieval.verification.different_landmarks import different_landmark_pairs

N, LANDMARKS = 60, 8


@pytest.fixture
def ranking() -> Ranking:
    rng = np.random.default_rng(0)
    positions = np.stack([np.append(rng.permutation(N)[:40], [-1] * 3) for _ in range(N)])
    scores = np.where(positions < 0, -np.inf, np.arange(43, 0, -1)).astype(np.float32)
    return Ranking(positions, scores, N)


@pytest.fixture
def landmarks() -> np.ndarray:
    return np.random.default_rng(1).integers(0, LANDMARKS, N)


EACH_ALONE = np.arange(N)


def first_of_others(ranking: Ranking, image: int, landmarks: np.ndarray) -> list[int]:
    seen, found = {landmarks[image]}, []
    for other in ranking.positions[image].tolist():
        if other >= 0 and landmarks[other] not in seen:
            seen.add(landmarks[other])
            found.append(other)
    return found


def test_pairs_are_the_nearest_of_each_other_landmark(ranking, landmarks):
    pairs = different_landmark_pairs(ranking, landmarks, EACH_ALONE, 3 * N, 0)
    expected = {
        (min(image, other), max(image, other))
        for image in range(N)
        for other in first_of_others(ranking, image, landmarks)[:3]
    }
    assert {tuple(pair) for pair in pairs.tolist()} == expected
    assert pairs.tolist() == sorted(pairs.tolist())
    assert (landmarks[pairs[:, 0]] != landmarks[pairs[:, 1]]).all()


def test_a_wrong_label_makes_one_pair_with_the_landmark_it_belongs_to(landmarks):
    """Image 0 stands nearest to all images of landmark 3, as if it showed it."""
    landmarks = np.where(landmarks == 3, 4, landmarks)
    landmarks[:10] = [7, *[3] * 9]
    positions = np.stack([np.r_[i, np.delete(np.arange(N), i)] for i in range(N)])
    ranking = Ranking(positions, np.zeros((N, N), np.float32), N)
    pairs = different_landmark_pairs(ranking, landmarks, EACH_ALONE, 5 * N, 0)
    own = [other for image, other in pairs.tolist() if image == 0 and landmarks[other] == 3]
    assert first_of_others(ranking, 0, landmarks)[0] == 1
    assert 1 in own  # chosen by image 0; the nine others choose image 0, once each
    assert len(own) <= 9


def test_few_of_many_images_are_drawn_by_the_seed(ranking, landmarks):
    few, same, other = (
        different_landmark_pairs(ranking, landmarks, EACH_ALONE, 12, seed).tolist() for seed in (0, 0, 1)
    )
    assert len(few) <= 12
    assert few == same
    assert few != other
    nearest = {tuple(sorted((i, first_of_others(ranking, i, landmarks)[0]))) for i in range(N)}
    assert {tuple(pair) for pair in few} <= nearest


def test_copies_under_two_labels_are_no_pair(ranking, landmarks):
    groups = EACH_ALONE % 10
    pairs = different_landmark_pairs(ranking, landmarks, groups, 5 * N, 0)
    assert len(pairs)
    assert (groups[pairs[:, 0]] != groups[pairs[:, 1]]).all()


def test_one_landmark_gives_no_pair(ranking):
    assert different_landmark_pairs(ranking, np.zeros(N, np.int64), EACH_ALONE, 100, 0).shape == (0, 2)
