import numpy as np
import pytest

from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.reranking.labels.landmark_groups import group_by_landmark

pytestmark = pytest.mark.costly


def naive(predictions, landmark):
    rows = [
        row for row in range(len(predictions)) if landmark >= 0 and predictions.landmark_ids[row] == landmark
    ]
    return sorted(rows, key=lambda row: (-predictions.scores[row], row))


@pytest.mark.parametrize(
    "wanted", [[4, 2, 2, -1, 99], [[4, 0, -1], [2, 3, 4]], list(range(-1, 3_000)), [2**62, 4, 2**40 + 4]]
)
def test_groups_list_the_most_certain_first(wanted):
    rng = np.random.default_rng(0)
    landmarks = rng.integers(-1, 6, 100)
    landmarks[:8] = [2**62, 2**40 + 4, 2**62, 2**63 - 1, 2**40 + 4, 5_000, 4, 2**62]
    predictions = LabelPrediction(landmarks, rng.integers(-2, 3, 100).astype(np.float32))
    wanted = np.array(wanted)

    groups = group_by_landmark(predictions, wanted)

    assert groups.starts.shape == groups.sizes.shape == wanted.shape
    for landmark, start, size in zip(wanted.flat, groups.starts.flat, groups.sizes.flat, strict=True):
        expected = naive(predictions, landmark)
        assert groups.rows[start : start + size].tolist() == expected
        assert groups.scores[start : start + size].tolist() == predictions.scores[expected].tolist()
        assert groups.places[expected].tolist() == list(range(size))


def test_nobody_asks_for_anything():
    predictions = LabelPrediction(np.array([1, 2]), np.zeros(2, dtype=np.float32))

    groups = group_by_landmark(predictions, np.array([-1, 8]))

    assert len(groups.rows) == 0
    assert groups.sizes.tolist() == [0, 0]


def test_an_empty_index():
    nothing = LabelPrediction(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32))

    assert group_by_landmark(nothing, np.array([3])).sizes.tolist() == [0]
