import numpy as np
import pytest
import torch

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.delf.pca import Reduction, principal_components

pytestmark = pytest.mark.costly


@pytest.fixture
def vectors():
    rng = np.random.default_rng(0)
    return (rng.normal(size=(200, 6)) * [5, 1, 3, 0.5, 2, 0.1] @ rng.normal(size=(6, 6)) + 2).astype(
        np.float32
    )


def test_components_are_those_of_a_singular_value_decomposition(vectors):
    mean, components = principal_components([vectors[:70], vectors[70:70], vectors[70:]], 4)
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    expected = np.linalg.svd(centred)[2][:4]
    np.testing.assert_allclose(mean, vectors.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(np.abs((components * expected).sum(axis=1)), 1, rtol=1e-5)
    np.testing.assert_allclose(components @ components.T, np.eye(4), atol=1e-6)
    assert (components[np.arange(4), np.abs(components).argmax(axis=1)] > 0).all()


def test_the_order_of_vectors_does_not_matter(vectors):
    shuffled = np.random.default_rng(1).permutation(vectors)
    for one, other in zip(
        principal_components([vectors], 3), principal_components([shuffled], 3), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("n", "dim"), [(3, 4), (200, 7), (0, 1)])
def test_too_few_vectors_or_coordinates_are_an_error(vectors, n, dim):
    with pytest.raises(DataError, match=f"PCA to {dim} dimensions"):
        principal_components([vectors[:n]], dim)


def test_reduction_normalises_projects_and_normalises(vectors):
    reduction = Reduction(6, 2)
    mean, components = principal_components([vectors / np.linalg.norm(vectors, axis=1, keepdims=True)], 2)
    reduction.mean.copy_(torch.from_numpy(mean))
    reduction.components.copy_(torch.from_numpy(components))
    found = reduction(torch.from_numpy(vectors)).numpy()
    for row, vector in zip(found, vectors, strict=True):
        projected = components @ (vector / np.linalg.norm(vector) - mean)
        np.testing.assert_allclose(row, projected / np.linalg.norm(projected), rtol=1e-3, atol=1e-5)
