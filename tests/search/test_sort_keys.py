import numpy as np

from landmark_retrieval.search.sort_keys import WORST_KEY, smallest_keys, sort_keys, split_keys

SCORES = np.array([-np.inf, -3.5, -1e-40, -0.0, 0.0, 1e-40, 0.3, 0.3, 7.0], dtype=np.float32)


def test_keys_sort_by_score_descending_then_row_ascending():
    rng = np.random.default_rng(0)
    scores = rng.choice(SCORES, 500)
    rows = rng.permutation(500)

    keys = sort_keys(scores, rows)

    expected = sorted(range(500), key=lambda i: (-float(scores[i]), rows[i]))
    assert np.argsort(keys).tolist() == expected
    assert keys.max() < WORST_KEY


def test_unpacking_gives_back_what_was_packed():
    rows = np.arange(len(SCORES)) * 400_000_000

    scores, unpacked = split_keys(sort_keys(SCORES, rows))

    np.testing.assert_array_equal(scores, SCORES)
    np.testing.assert_array_equal(unpacked, rows)


def test_smallest_of_a_narrow_table_is_all_of_it():
    keys = np.array([[3, 1, 2]])

    assert sorted(smallest_keys(keys, 2)[0]) == [1, 2]
    assert smallest_keys(keys, 5).shape == (1, 3)
