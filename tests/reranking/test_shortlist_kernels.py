import numpy as np
import pytest

from landmark_retrieval.reranking.shortlist_kernels import nearest_others


@pytest.mark.parametrize(("m", "k"), [(1, 0), (2, 1), (12, 0), (12, 3), (12, 11), (60, 9)])
def test_agrees_with_sorting(m, k):
    cosines = np.random.default_rng(m).integers(-3, 4, (m, m)).astype(np.float32) / 4

    found = nearest_others(cosines, k)

    expected = [
        sorted((j for j in range(m) if j != i), key=lambda j: (-cosines[i, j], j))[:k] for i in range(m)
    ]
    assert found.tolist() == expected
