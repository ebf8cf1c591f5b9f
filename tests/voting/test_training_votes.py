import numpy as np

from landmark_retrieval.embeddings import Embeddings, normalise
from landmark_retrieval.voting.training_votes import training_votes
from landmark_retrieval.voting.votes import TrainSet


def make_train(n=60, n_landmarks=8, seed=0):
    rng = np.random.default_rng(seed)
    vectors = normalise(rng.standard_normal((n, 4)))
    vectors[1] = vectors[0]
    return TrainSet(
        Embeddings(np.array([f"t{i}" for i in range(n)]), vectors), rng.integers(0, n_landmarks, n)
    )


def loop_votes(train, k, own_landmark_votes):
    """Landmarks of the k nearest others of each image, if there are so many."""
    lists = []
    for image, vector in enumerate(train.embeddings.vectors.astype(np.float64)):
        cosines = (train.embeddings.vectors.astype(np.float64) @ vector).astype(np.float32)
        order = np.argsort(-cosines, kind="stable")
        others = [
            i
            for i in order
            if i != image and (own_landmark_votes or train.landmark_ids[i] != train.landmark_ids[image])
        ]
        lists.append(train.landmark_ids[others[:k]].tolist())
    return [row for row in lists if len(row) == k]


def test_every_image_is_voted_on_with_and_without_its_landmark():
    train = make_train()

    votes, right = training_votes(train, 3, sample=1_000, seed=0)

    expected = loop_votes(train, 3, True) + loop_votes(train, 3, False)
    assert votes.landmark_ids.tolist() == expected
    assert right[:60].any()
    assert not right[60:].any()
    assert (np.diff(votes.cosines, axis=1) <= 0).all()


def test_a_sample_is_drawn_by_the_seed():
    train = make_train()

    votes, _ = training_votes(train, 3, sample=10, seed=0)
    again, _ = training_votes(train, 3, sample=10, seed=0)
    other, _ = training_votes(train, 3, sample=10, seed=1)

    assert len(votes) == 20
    np.testing.assert_array_equal(votes.landmark_ids, again.landmark_ids)
    assert (votes.landmark_ids != other.landmark_ids).any()


def test_images_with_too_few_voters_are_left_out():
    train = make_train(n=12, n_landmarks=2)

    votes, _ = training_votes(train, 9, sample=100, seed=0)

    assert votes.landmark_ids.tolist() == loop_votes(train, 9, True) + loop_votes(train, 9, False)
