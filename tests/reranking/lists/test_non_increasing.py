import numpy as np

from landmark_retrieval.reranking.lists.non_increasing import make_non_increasing

INF = np.inf


def levelled_lists(scores):
    levelled = scores.copy()
    for row in levelled:
        make_non_increasing(row)
    return levelled


def test_an_upward_step_lifts_everything_above_it():
    scores = np.array([[0.5, 0.25, 0.75, 0.5, 1.0, -INF]], dtype=np.float32)

    np.testing.assert_array_equal(levelled_lists(scores), [[1.5, 1.25, 1.25, 1.0, 1.0, -INF]])


def test_a_list_that_does_not_increase_is_unchanged():
    scores = np.array([[0.9, 0.3, 0.3, -0.7], [0.1, -INF, -INF, -INF], [-INF] * 4], dtype=np.float32)

    np.testing.assert_array_equal(levelled_lists(scores), scores)


def test_random_lists_never_increase_and_keep_their_downward_steps():
    scores = np.random.default_rng(0).uniform(-1, 1, (300, 40)).astype(np.float32)

    levelled = levelled_lists(scores)

    assert (np.diff(levelled, axis=1) <= 0).all()
    np.testing.assert_allclose(np.diff(levelled, axis=1), np.minimum(np.diff(scores, axis=1), 0), atol=2e-6)
    np.testing.assert_array_equal(levelled[:, -1], scores[:, -1])


def naive(scores):
    """Lift everything above each upward step, from the first step to the last."""
    lifted = [float(s) for s in scores]
    for i in range(1, len(lifted)):
        step = float(scores[i]) - float(scores[i - 1])
        lifted[:i] = [s + max(step, 0) for s in lifted[:i]]
    return lifted


def test_agrees_with_a_loop():
    scores = np.random.default_rng(1).uniform(-1, 1, (50, 12)).astype(np.float32)

    np.testing.assert_allclose(levelled_lists(scores), [naive(row) for row in scores], atol=1e-5)


def test_an_image_without_score_above_others_is_lifted_to_them():
    scores = np.array([[0.5, -INF, 0.25, -INF]], dtype=np.float32)

    np.testing.assert_array_equal(levelled_lists(scores), [[0.5, 0.25, 0.25, -INF]])


def test_an_empty_list():
    scores = np.zeros(0, dtype=np.float32)
    make_non_increasing(scores)
    assert scores.shape == (0,)
