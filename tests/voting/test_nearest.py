import numpy as np
import pytest

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.voting import nearest
from landmark_retrieval.voting.nearest import nearest_landmarks
from landmark_retrieval.voting.votes import TrainSet

pytestmark = pytest.mark.costly


def loop_landmarks(vector, train, m, may_vote):
    """Best cosine of each landmark, landmark by landmark."""
    cosines = (train.embeddings.vectors.astype(np.float64) @ vector.astype(np.float64)).astype(np.float32)
    best = {
        int(landmark): cosines[may_vote & (train.landmark_ids == landmark)].max()
        for landmark in np.unique(train.landmark_ids[may_vote])
    }
    return sorted(best.items(), key=lambda item: -item[1])[:m]


@pytest.mark.parametrize("m", [3, 30])
@pytest.mark.parametrize("restricted", [False, True])
def test_they_are_those_of_the_loop(make_train, m, restricted):
    train = make_train([1, 40, 3, 2, 9, 5] + [2] * 10)
    images = make_train([2] * 16, seed=1).embeddings.vectors
    rng = np.random.default_rng(0)
    votes = rng.random((len(images), len(train.embeddings))) < (0.7 if restricted else 2.0)
    allowed = (lambda r, x: np.take_along_axis(votes[r], x, axis=1)) if restricted else None

    found = nearest_landmarks(images, train, m, allowed)

    for row, vector in enumerate(images):
        expected = loop_landmarks(vector, train, m, votes[row])
        there = found.landmark_ids[row] != -1
        assert found.landmark_ids[row, there].tolist() == [landmark for landmark, _ in expected]
        np.testing.assert_allclose(found.cosines[row, there], [c for _, c in expected], atol=1e-6)
        assert found.sizes[row, there].tolist() == [(train.landmark_ids == y).sum() for y, _ in expected]
        assert np.isneginf(found.cosines[row, ~there]).all()
        assert (found.sizes[row, ~there] == 0).all()


def test_a_large_landmark_hides_no_other(make_train):
    train = make_train([300, 1, 1, 1, 1], noise=0.1)
    images = make_train([5], seed=1, noise=0.1).embeddings.vectors

    found = nearest_landmarks(images, train, 4)

    assert (found.landmark_ids[:, 0] == 0).all()
    assert (found.landmark_ids != -1).all()


def test_the_search_ends_at_the_deepest_list(make_train, monkeypatch):
    monkeypatch.setattr(nearest, "_DEEPEST", 50)
    train = make_train([300, 1, 1, 1, 1], noise=0.1)

    found = nearest_landmarks(make_train([5], seed=1, noise=0.1).embeddings.vectors, train, 4)

    assert (found.landmark_ids[:, 0] == 0).all()
    assert (found.landmark_ids[:, 1:] == -1).all()


def test_images_do_not_depend_on_each_other(make_train):
    train, images = make_train([3] * 20), make_train([2] * 20, seed=1).embeddings.vectors

    together = nearest_landmarks(images, train, 6)

    for row in range(len(images)):
        alone = nearest_landmarks(images[row : row + 1], train, 6)
        np.testing.assert_array_equal(alone.landmark_ids[0], together.landmark_ids[row])
        np.testing.assert_array_equal(alone.cosines[0], together.cosines[row])


def test_without_training_images_there_are_none():
    nobody = TrainSet(
        Embeddings(np.array([], dtype=str), np.zeros((0, 4), np.float32)), np.zeros(0, np.int64)
    )

    found = nearest_landmarks(np.ones((2, 4), np.float32), nobody, 3)

    assert found.landmark_ids.tolist() == [[-1] * 3] * 2
    assert found.sizes.tolist() == [[0] * 3] * 2
