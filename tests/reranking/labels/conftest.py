import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from landmark_retrieval.embeddings import Embeddings, normalise
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.voting.settings import CalibrationSettings
from landmark_retrieval.voting.training_landmarks import calibrate_labels
from landmark_retrieval.voting.votes import TrainSet


@dataclasses.dataclass(frozen=True)
class Photographs:
    """Inputs of a step, and what the images show."""

    inputs: RerankingInputs
    query_landmarks: np.ndarray
    index_landmarks: np.ndarray
    known: np.ndarray


@pytest.fixture(scope="session")
def make_photographs() -> Callable[..., Photographs]:
    """Photographs of landmarks, each seen from three sides, half of them known to the training set."""

    def make(mean: float = 0.0, train_sizes: list[int] | None = None, seed: int = 0) -> Photographs:
        rng = np.random.default_rng(seed)
        n, dim = 60, 24
        centres = rng.standard_normal((n, 1, dim)) + 0.9 * rng.standard_normal((n, 3, dim))

        def photographs(prefix: str, counts: np.ndarray) -> tuple[Embeddings, np.ndarray]:
            landmarks = np.repeat(np.arange(n), counts)
            vectors = centres[landmarks, rng.integers(0, 3, len(landmarks))]
            vectors = normalise(vectors + 0.8 * rng.standard_normal(vectors.shape))
            # a column that all share moves and shrinks all cosines, as the mean of raw descriptors does
            vectors = normalise(np.hstack([vectors, np.full((len(vectors), 1), mean)]))
            return Embeddings(np.array([f"{prefix}{i}" for i in range(len(vectors))]), vectors), landmarks

        queries, query_landmarks = photographs("q", np.full(n, 1))
        index, index_landmarks = photographs("x", np.full(n, 6))
        sizes = np.tile([2, 4, 8], 20)
        sizes[1::2] = 0
        sizes = sizes if train_sizes is None else np.resize([*train_sizes, *[0] * n], n)
        train = TrainSet(*photographs("t", sizes))
        settings = CalibrationSettings(landmarks=10, sample=1_000, seed=0)
        inputs = RerankingInputs(
            queries, index, depth=40, train=train, calibration=calibrate_labels(train, settings)
        )
        return Photographs(inputs, query_landmarks, index_landmarks, sizes[query_landmarks] > 0)

    return make
