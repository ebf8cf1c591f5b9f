import numpy as np

from landmark_retrieval.reranking.levelling import level

INF = np.inf


def test_an_upward_step_lifts_everything_above_it():
    scores = np.array([[0.5, 0.25, 0.75, 0.5, 1.0, -INF]], dtype=np.float32)

    np.testing.assert_array_equal(level(scores), [[1.5, 1.25, 1.25, 1.0, 1.0, -INF]])


def test_a_list_that_does_not_increase_is_unchanged():
    scores = np.array([[0.9, 0.3, 0.3, -0.7], [0.1, -INF, -INF, -INF], [-INF] * 4], dtype=np.float32)

    np.testing.assert_array_equal(level(scores), scores)


def test_random_lists_never_increase_and_keep_their_downward_steps():
    scores = np.random.default_rng(0).uniform(-1, 1, (300, 40)).astype(np.float32)

    levelled = level(scores)

    assert (np.diff(levelled, axis=1) <= 0).all()
    np.testing.assert_allclose(np.diff(levelled, axis=1), np.minimum(np.diff(scores, axis=1), 0), atol=2e-6)
    np.testing.assert_array_equal(levelled[:, -1], scores[:, -1])


def test_empty_lists():
    assert level(np.zeros((3, 0), dtype=np.float32)).shape == (3, 0)
    assert level(np.zeros((0, 3), dtype=np.float32)).shape == (0, 3)
