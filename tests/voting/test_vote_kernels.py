import numpy as np

from landmark_retrieval.voting.vote_kernels import largest_sums


def test_of_equal_sums_the_first_met_wins():
    landmarks = np.array([[7, 3, 3, 7], [3, 7, 7, 3], [9, 1, -1, -1]])
    votes = np.array([[0.5, 0.25, 0.5, 0.25], [0.5, 0.25, 0.5, 0.25], [0.5, 0.5, 0, 0]])

    winners, sums = largest_sums(landmarks, votes)

    assert winners.tolist() == [7, 3, 9]
    assert sums.tolist() == [0.75, 0.75, 0.5]


def test_negative_sums():
    winners, sums = largest_sums(np.array([[4, 5, 4], [-1, 5, -1]]), np.array([[-1, -0.5, 0.25], [0, -2, 0]]))

    assert winners.tolist() == [5, 5]
    assert sums.tolist() == [-0.5, -2]


def test_nobody_votes():
    winners, sums = largest_sums(np.full((2, 3), -1), np.zeros((2, 3)))
    assert (winners.tolist(), sums.tolist()) == ([-1, -1], [0, 0])
    winners, sums = largest_sums(np.zeros((2, 0), dtype=np.int64), np.zeros((2, 0)))
    assert (winners.tolist(), sums.tolist()) == ([-1, -1], [0, 0])
