from collections.abc import Callable

import numpy as np
import pytest

from landmark_retrieval.embeddings import Embeddings, normalise
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.inputs import RerankingInputs


@pytest.fixture
def make_inputs() -> Callable[..., RerankingInputs]:
    """Random embeddings and predictions with ties, duplicates and unknown landmarks."""

    def make(seed: int = 0, n_queries: int = 30, n_index: int = 200, dim: int = 8) -> RerankingInputs:
        rng = np.random.default_rng(seed)

        def embeddings(prefix: str, n: int) -> Embeddings:
            vectors = normalise(rng.standard_normal((n, dim)))
            vectors[n // 2 : n // 2 + n // 10] = vectors[: n // 10]
            return Embeddings(np.array([f"{prefix}{i}" for i in range(n)]), vectors)

        def predictions(n: int) -> LabelPrediction:
            scores = rng.integers(-2, 9, n).astype(np.float32) / 8
            return LabelPrediction(rng.integers(-1, 7, n), scores)

        queries, index = embeddings("q", n_queries), embeddings("x", n_index)
        return RerankingInputs(queries, index, predictions(n_queries), predictions(n_index))

    return make


@pytest.fixture
def make_ranking() -> Callable[..., Ranking]:
    """Random lists of random length, with tied scores."""

    def make(seed: int, n_queries: int, n_index: int, k: int) -> Ranking:
        rng = np.random.default_rng([seed, 1])
        positions = np.stack([rng.permutation(n_index)[:k] for _ in range(n_queries)])
        scores = -np.sort(-rng.integers(-8, 9, (n_queries, k)).astype(np.float32) / 8, axis=1)
        padded = np.arange(k) >= rng.integers(0, 2 * k, n_queries)[:, None]
        positions[padded], scores[padded] = -1, -np.inf
        return Ranking(positions, scores, n_index)

    return make
