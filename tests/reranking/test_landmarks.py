import numpy as np

from landmark_retrieval.reranking.landmarks import positives


def test_positives_share_a_known_landmark():
    index = np.array([7, -1, 7, 3])
    positions = np.array([[0, 1, 2, -1], [3, 1, -1, -1], [0, 3, 2, 1], [3, 2, 1, 0]])

    shared = positives(positions, np.array([7, -1, 5, 3]), index)

    expected = [[True, False, True, False], [False] * 4, [False] * 4, [True, False, False, False]]
    assert shared.tolist() == expected


def test_an_empty_index_has_no_positives():
    assert not positives(np.full((2, 3), -1), np.array([7, 8]), np.zeros(0, dtype=np.int64)).any()
