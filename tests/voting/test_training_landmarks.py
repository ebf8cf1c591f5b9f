import dataclasses

import numpy as np
import pytest

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.voting.settings import CalibrationSettings
from landmark_retrieval.voting.training_landmarks import calibrate_labels, training_landmarks
from landmark_retrieval.voting.votes import TrainSet

pytestmark = pytest.mark.costly
SETTINGS = CalibrationSettings(landmarks=10, sample=1_000, seed=0)


def best_of(train, row, voters):
    """Landmarks by their best cosine among some images."""
    cosines = train.embeddings.vectors.astype(np.float64) @ train.embeddings.vectors[row].astype(np.float64)
    best = {
        int(y): cosines[voters & (train.landmark_ids == y)].max()
        for y in np.unique(train.landmark_ids[voters])
    }
    return sorted(best, key=lambda y: -best[y])[:10]


def test_every_image_is_looked_at_with_and_without_its_landmark(make_train):
    train = make_train([1, 2, 3, 5] + [2] * 12)

    looks = training_landmarks(train, SETTINGS)

    several = np.flatnonzero(train.landmark_ids != 0)
    others = np.arange(len(train.landmark_ids))
    assert looks.own.tolist() == train.landmark_ids[several].tolist()
    for place, row in enumerate(several):
        assert looks.within.landmark_ids[place].tolist() == best_of(train, row, others != row)
        own = looks.within.landmark_ids[place] == train.landmark_ids[row]
        assert (
            looks.within.sizes[place, own] == (train.landmark_ids == train.landmark_ids[row]).sum() - 1
        ).all()
    for row in others:
        voters = train.landmark_ids != train.landmark_ids[row]
        assert looks.without.landmark_ids[row].tolist() == best_of(train, row, voters)


def test_a_sample_is_drawn_by_the_seed(make_train):
    train = make_train([4] * 30)
    fewer = SETTINGS.model_copy(update={"sample": 20})

    looks, again, other = (
        training_landmarks(train, fewer.model_copy(update={"seed": seed})) for seed in (0, 0, 1)
    )

    assert len(looks.without) == 20
    np.testing.assert_array_equal(looks.without.cosines, again.without.cosines)
    assert (looks.without.cosines != other.without.cosines).any()


@pytest.mark.parametrize("sizes", [[], [7], [3, 3, 3, 3], [1] * 20])
def test_sets_that_cannot_teach_say_why(make_train, sizes):
    calibration = calibrate_labels(make_train(sizes), SETTINGS)

    assert "training landmarks" in calibration.refusal


def test_landmarks_with_two_images_suffice(make_train):
    calibration = calibrate_labels(make_train([2] * 30), SETTINGS)

    assert calibration.refusal is None
    assert calibration.weights[0] > 0


def test_the_scale_of_the_cosines_is_no_matter(make_train):
    """A column that all images share shrinks all differences of cosines, as a large mean does."""
    train = make_train([1, 2, 3, 5, 8] * 8)
    vectors = train.embeddings.vectors.astype(np.float64)
    shifted = np.hstack([vectors, np.full((len(vectors), 1), 3.0)]) / np.sqrt(10)
    other = TrainSet(Embeddings(train.embeddings.image_ids, shifted.astype(np.float32)), train.landmark_ids)

    plain, shrunk = calibrate_labels(train, SETTINGS), calibrate_labels(other, SETTINGS)

    np.testing.assert_allclose(shrunk.weights, plain.weights, rtol=1e-3)
    assert shrunk.bias == pytest.approx(plain.bias, rel=1e-3)


def test_near_duplicates_are_no_error(make_train):
    train = make_train([4] * 10)
    vectors = train.embeddings.vectors.copy()
    vectors[1::2] = vectors[::2]
    copied = dataclasses.replace(train, embeddings=Embeddings(train.embeddings.image_ids, vectors))

    assert np.isfinite(calibrate_labels(copied, SETTINGS).weights).all()
