from itertools import pairwise

import numpy as np
import pytest

from landmark_retrieval.embeddings import normalise
from landmark_retrieval.reranking.diffusion import generalised_max_pooling
from landmark_retrieval.reranking.diffusion.generalised_max_pooling import pooling_weights
from landmark_retrieval.reranking.regions import RegionEmbeddings

pytestmark = pytest.mark.costly


@pytest.fixture(params=[2**23, 30])
def numbers_at_once(request, monkeypatch):
    monkeypatch.setattr(generalised_max_pooling, "_NUMBERS", request.param)


@pytest.mark.usefixtures("numbers_at_once")
def test_agrees_with_images_solved_one_by_one():
    rng = np.random.default_rng(0)
    offsets = np.append(0, np.cumsum([3, 0, 1, 5, 3, 0, 4]))
    vectors = normalise(rng.standard_normal((offsets[-1], 6)))
    vectors[1] = vectors[0]

    weights = pooling_weights(RegionEmbeddings(vectors, offsets), 1.0)

    for start, end in pairwise(offsets):
        V = vectors[start:end].T.astype(np.float64)
        expected = np.linalg.solve(V.T @ V + np.eye(end - start), np.ones(end - start))
        np.testing.assert_allclose(weights[start:end], expected, rtol=1e-6)


def test_regions_that_look_alike_share_their_weight():
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)

    weights = pooling_weights(RegionEmbeddings(vectors, np.array([0, 3])), 1.0)

    np.testing.assert_allclose(weights, [1 / 3, 1 / 3, 1 / 2])
