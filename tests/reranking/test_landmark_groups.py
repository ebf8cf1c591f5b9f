import numpy as np

from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.reranking.landmark_groups import group_by_landmark


def test_groups_list_the_most_certain_first():
    rng = np.random.default_rng(0)
    predictions = LabelPrediction(rng.integers(-1, 6, 100), rng.integers(0, 5, 100).astype(np.float32))
    wanted = np.array([4, 2, 2, -1, 99])

    groups = group_by_landmark(predictions, wanted)
    starts, sizes = groups.find(wanted)

    for landmark, start, size in zip(wanted, starts, sizes, strict=True):
        rows = [row for row in range(100) if landmark >= 0 and predictions.landmark_ids[row] == landmark]
        expected = sorted(rows, key=lambda row: (-predictions.scores[row], row))
        assert groups.rows[start : start + size].tolist() == expected
        assert groups.places[expected].tolist() == list(range(size))


def test_nobody_asks_for_anything():
    predictions = LabelPrediction(np.array([1, 2]), np.zeros(2, dtype=np.float32))

    groups = group_by_landmark(predictions, np.array([-1, 8]))

    assert len(groups.rows) == 0
    assert groups.find(np.array([-1, 8]))[1].tolist() == [0, 0]
