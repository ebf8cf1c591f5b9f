import numpy as np
import pytest

from landmark_retrieval.reranking.shortlist.shortlist_kernels import inner_products, nearest_others

pytestmark = pytest.mark.costly


@pytest.mark.parametrize(
    ("m", "k"), [(1, 0), (2, 1), (12, 0), (12, 3), (12, 11), (60, 9), (100, 40), (64, 32)]
)
def test_agrees_with_sorting(m, k):
    cosines = np.random.default_rng(m).integers(-3, 4, (m, m)).astype(np.float32) / 4

    found = nearest_others(cosines, k)

    expected = [
        sorted((j for j in range(m) if j != i), key=lambda j: (-cosines[i, j], j))[:k] for i in range(m)
    ]
    assert found.tolist() == expected


@pytest.mark.parametrize("dim", [1, 31, 32, 100])
def test_inner_products_do_not_depend_on_the_place(dim):
    rng = np.random.default_rng(dim)
    vectors, other = rng.standard_normal((9, dim)).astype(np.float32), rng.standard_normal(dim)
    vectors[[2, 7]] = vectors[0]

    found = inner_products(vectors, other)

    np.testing.assert_allclose(found, vectors.astype(np.float64) @ other, atol=1e-12)
    assert found[0] == found[2] == found[7]
