import numpy as np

from landmark_retrieval.reranking.expansion.weights import neighbour_weights


def test_equal_weights_are_those_of_the_image_itself():
    np.testing.assert_array_equal(neighbour_weights("equal", 3), [1, 1, 1])


def test_weights_by_rank_fall_from_the_image_itself_to_one_kth():
    n_images = 5

    weights = neighbour_weights("rank", n_images - 1)

    expected = [(n_images - rank) / n_images for rank in range(n_images)]
    assert expected[0] == 1
    np.testing.assert_allclose(weights, expected[1:])


def test_no_neighbours_have_no_weights():
    assert neighbour_weights("equal", 0).shape == neighbour_weights("rank", 0).shape == (0,)
