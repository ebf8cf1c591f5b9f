from collections.abc import Callable

import numpy as np
import pytest

from landmark_retrieval.embeddings import Embeddings, normalise
from landmark_retrieval.voting.votes import TrainSet


@pytest.fixture
def make_train() -> Callable[..., TrainSet]:
    """Photographs around the centres of landmarks with the given numbers of images."""

    def make(sizes: list[int], seed: int = 0, noise: float = 0.5, dim: int = 16) -> TrainSet:
        centres = np.random.default_rng(99).standard_normal((1_000, dim))  # the same whatever the sizes
        rng = np.random.default_rng(seed)
        landmarks = np.repeat(np.arange(len(sizes)), sizes)
        vectors = centres[landmarks] + noise * rng.standard_normal((len(landmarks), dim))
        ids = np.array([f"t{seed}-{i}" for i in range(len(landmarks))], dtype=str)
        return TrainSet(Embeddings(ids, normalise(vectors.reshape(-1, dim))), landmarks.astype(np.int64))

    return make
