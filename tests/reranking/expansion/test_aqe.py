import numpy as np
import pytest

from landmark_retrieval.reranking.expansion.query_expansion import AQE, AlphaQE
from landmark_retrieval.reranking.knn import KNN
from landmark_retrieval.search.exact_search import search


def test_is_alpha_qe_with_alpha_zero(make_inputs):
    inputs = make_inputs()
    knn = KNN(k=50).apply(None, inputs)

    aqe, alpha_qe = AQE(n=6, k=20).apply(knn, inputs), AlphaQE(n=6, k=20, alpha=0).apply(knn, inputs)

    np.testing.assert_array_equal(aqe.positions, alpha_qe.positions)
    np.testing.assert_array_equal(aqe.scores, alpha_qe.scores)


@pytest.mark.parametrize(("includes_query", "k", "listed"), [(True, 6, 50), (False, 7, 50), (True, 6, 3)])
def test_weights_by_rank(make_inputs, includes_query, k, listed):
    inputs = make_inputs()
    knn = KNN(k=listed).apply(None, inputs)
    index = inputs.index.vectors.astype(np.float64)

    found = AQE(n=6, includes_query=includes_query, weights="rank", k=20).apply(knn, inputs)

    expanded = []
    for query, rows in zip(inputs.queries.vectors, knn.positions[:, : k - 1], strict=True):
        total = query + sum((k - rank) / k * index[row] for rank, row in enumerate(rows, start=1))
        expanded.append(total / np.linalg.norm(total))
    expected = search(np.array(expanded, dtype=np.float32), inputs.index, 20)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-6)
    assert found.ids_fingerprint == inputs.ids_fingerprint
