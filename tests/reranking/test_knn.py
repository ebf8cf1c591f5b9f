import dataclasses

import numpy as np

from landmark_retrieval.reranking.knn import KNN


def test_lists_the_most_similar_images_whatever_was_ranked_before(make_inputs, make_ranking):
    inputs = make_inputs()

    ranking = KNN(k=12).apply(None, inputs)

    cosines = (inputs.queries.vectors.astype(np.float64) @ inputs.index.vectors.T.astype(np.float64)).round(
        12
    )
    for query in range(30):
        expected = sorted(range(200), key=lambda row: (-cosines[query, row], row))
        assert ranking.positions[query].tolist() == expected[:12]
    assert ranking.ids_fingerprint == inputs.ids_fingerprint
    again = KNN(k=12).apply(make_ranking(0, 30, 200, 3), inputs)
    np.testing.assert_array_equal(again.positions, ranking.positions)


def test_takes_the_depth_asked_for(make_inputs):
    inputs = dataclasses.replace(make_inputs(), depth=7)

    assert KNN().apply(None, inputs).depth == 7
