import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.voting.recognition import (
    RecognitionSettings,
    demote_distractors,
    recognise,
    recognition_scores,
)


def test_stated_example():
    squared_distances = np.array([[0.3, 0.4, 1.2]])
    neighbours = Ranking(np.array([[0, 1, 2]]), (1 - squared_distances / 2).astype(np.float32), 3)
    inliers = np.array([[-1, 35, 140]])
    landmarks = np.array([2, 1, 1])

    prediction = recognition_scores(neighbours, landmarks, 3, 70, inliers)

    assert prediction.landmark_ids.tolist() == [1]
    assert prediction.scores[0] == pytest.approx(1.9, abs=1e-6)
    without = recognition_scores(neighbours, landmarks, 3, 70)
    assert without.landmark_ids.tolist() == [2]
    assert without.scores[0] == pytest.approx(0.7, abs=1e-6)


def test_agrees_with_a_loop():
    rng = np.random.default_rng(0)
    positions = np.stack([rng.permutation(40)[:5] for _ in range(200)])
    scores = -np.sort(-rng.uniform(-1, 1, (200, 5)).astype(np.float32), axis=1)
    positions[:20, 3:], scores[:20, 3:] = -1, -np.inf
    inliers, landmarks = rng.integers(-1, 100, (200, 5)), rng.integers(0, 6, 40)

    prediction = recognition_scores(Ranking(positions, scores, 40), landmarks, 4, 70, inliers)

    for i in range(200):
        sums = {}
        for row, cosine, count in zip(positions[i, :4], scores[i, :4], inliers[i, :4], strict=True):
            if row >= 0:
                bonus = min(70, count) / 70 if count >= 0 else 0
                sums[landmarks[row]] = sums.get(landmarks[row], 0) + 1 - (2 - 2 * float(cosine)) + bonus
        assert prediction.landmark_ids[i] == max(sums, key=sums.get)
        assert prediction.scores[i] == pytest.approx(max(sums.values()), abs=1e-6)


def test_landmarks_of_too_many_images_are_distractors():
    landmarks = np.array([12, 12, 12, 112, 112, -1, -1, -1, -1])
    scores = np.linspace(0.9, 0.1, 9).astype(np.float32)
    scores[landmarks == -1] = 0

    demoted = demote_distractors(LabelPrediction(landmarks, scores), 2)

    np.testing.assert_array_equal(demoted.landmark_ids, landmarks)
    np.testing.assert_array_equal(demoted.scores, [-3, -3, -3, *scores[3:]])


def test_table_has_a_row_for_every_image():
    neighbours = Ranking(
        np.array([[0, 1], [1, 0], [-1, -1]]), np.array([[1, 0.5], [1, 1], [-np.inf] * 2], dtype=np.float32), 2
    )
    settings = RecognitionSettings(n_neighbours=2, full_inliers=70, max_images=1)

    table = recognise(np.array(["a", "b", "c"]), neighbours, np.array([5, 5]), settings)

    assert table.to_dict("list") == {
        "image_id": ["a", "b", "c"],
        "landmark_id": [5, 5, -1],
        "score": [-2.0, -2.0, 0.0],
    }


def test_what_does_not_fit_is_refused():
    neighbours = Ranking(np.array([[0, 1]]), np.array([[1, 0.5]], dtype=np.float32), 2)
    settings = RecognitionSettings(n_neighbours=2, full_inliers=70, max_images=1)

    with pytest.raises(DataError, match="expected 1 image ids, found 2"):
        recognise(np.array(["a", "b"]), neighbours, np.array([5, 5]), settings)
    with pytest.raises(DataError, match="inliers"):
        recognition_scores(neighbours, np.array([5, 5]), 2, 70, np.array([[3]]))
