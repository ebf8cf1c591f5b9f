import numpy as np

from landmark_retrieval.reranking.alpha_qe import AlphaQE
from landmark_retrieval.reranking.aqe import AQE
from landmark_retrieval.reranking.knn import KNN


def test_is_alpha_qe_with_alpha_zero(make_inputs):
    inputs = make_inputs()
    knn = KNN(k=50).apply(None, inputs)

    aqe, alpha_qe = AQE(n=6, k=20).apply(knn, inputs), AlphaQE(n=6, k=20, alpha=0).apply(knn, inputs)

    np.testing.assert_array_equal(aqe.positions, alpha_qe.positions)
    np.testing.assert_array_equal(aqe.scores, alpha_qe.scores)
