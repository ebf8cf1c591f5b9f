import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.voting.recognition import demote_distractors, recognise, third_place_scores
from landmark_retrieval.voting.settings import RecognitionSettings
from landmark_retrieval.voting.votes import Votes

THIRD_PLACE = RecognitionSettings(method="third_place", votes=2, max_images=1)


def test_stated_example():
    squared_distances = np.array([[0.3, 0.4, 1.2]])
    votes = Votes(np.array([[2, 1, 1]]), (1 - squared_distances / 2).astype(np.float32))
    inliers = np.array([[-1, 35, 140]])

    prediction = third_place_scores(votes, 3, inliers)

    assert prediction.landmark_ids.tolist() == [1]
    assert prediction.scores[0] == pytest.approx(1.9, abs=1e-6)
    without = third_place_scores(votes, 3)
    assert without.landmark_ids.tolist() == [2]
    assert without.scores[0] == pytest.approx(0.7, abs=1e-6)


def test_agrees_with_a_loop():
    rng = np.random.default_rng(0)
    cosines = -np.sort(-rng.uniform(-1, 1, (200, 5)).astype(np.float32), axis=1)
    landmarks, inliers = rng.integers(0, 6, (200, 5)), rng.integers(-1, 100, (200, 5))
    landmarks[:20, 3:], cosines[:20, 3:] = -1, -np.inf

    prediction = third_place_scores(Votes(landmarks, cosines), 4, inliers)

    for i in range(200):
        sums = {}
        for landmark, cosine, count in zip(landmarks[i, :4], cosines[i, :4], inliers[i, :4], strict=True):
            if landmark >= 0:
                bonus = min(70, count) / 70 if count >= 0 else 0
                sums[landmark] = sums.get(landmark, 0) + 1 - (2 - 2 * float(cosine)) + bonus
        assert prediction.landmark_ids[i] == max(sums, key=sums.get)
        assert prediction.scores[i] == pytest.approx(max(sums.values()), abs=1e-6)


def test_landmarks_of_too_many_images_are_distractors():
    landmarks = np.array([12, 12, 12, 112, 112, -1, -1, -1, -1])
    scores = np.linspace(0.9, 0.1, 9).astype(np.float32)
    scores[landmarks == -1] = 0

    demoted = demote_distractors(LabelPrediction(landmarks, scores), 2)

    np.testing.assert_array_equal(demoted.landmark_ids, landmarks)
    np.testing.assert_array_equal(demoted.scores, [-3, -3, -3, *scores[3:]])


def test_the_settings_choose_the_method():
    votes = Votes(
        np.array([[5, 5], [5, 5], [-1, -1]]), np.array([[1, 0.5], [1, 1], [-np.inf] * 2], np.float32)
    )
    voted = LabelPrediction(np.array([1, 2, 3]), np.ones(3, np.float32))

    third = recognise(voted, votes, THIRD_PLACE)

    assert third.landmark_ids.tolist() == [5, 5, -1]
    assert third.scores.tolist() == [-2.0, -2.0, 0.0]
    assert recognise(voted, votes, THIRD_PLACE.model_copy(update={"method": "soft_voting"})) is voted


def test_what_does_not_fit_is_refused():
    votes = Votes(np.array([[5, 5]]), np.array([[1, 0.5]], np.float32))

    with pytest.raises(DataError, match="votes of 3 neighbours: expected 1 to 2"):
        third_place_scores(votes, 3)
    with pytest.raises(DataError, match="inliers"):
        third_place_scores(votes, 2, np.array([[3]]))
