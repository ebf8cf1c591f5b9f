import dataclasses

import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.reranking.expansion.query_expansion import AlphaQE
from landmark_retrieval.reranking.knn import KNN
from landmark_retrieval.reranking.labels.sort_step import SortStep


def expected_positions(ranking, inputs, n_neighbours, k):
    queries, index = inputs.queries.vectors.astype(np.float64), inputs.index.vectors.astype(np.float64)
    lists = []
    for query, positions in zip(queries, ranking.positions, strict=True):
        total = query + sum(max(0, query @ index[row]) ** 3 * index[row] for row in positions[:n_neighbours])
        cosines = (index @ total / np.linalg.norm(total)).round(6)
        lists.append(sorted(range(len(index)), key=lambda row: (-cosines[row], row))[:k])
    return lists


@pytest.mark.parametrize(("includes_query", "n_neighbours"), [(True, 5), (False, 6)])
def test_the_query_is_one_of_n_or_comes_in_addition(make_inputs, includes_query, n_neighbours):
    inputs = make_inputs()
    knn = KNN(k=20).apply(None, inputs)

    ranking = AlphaQE(n=6, includes_query=includes_query, k=15).apply(knn, inputs)

    assert ranking.positions.tolist() == expected_positions(knn, inputs, n_neighbours, 15)
    assert ranking.ids_fingerprint == inputs.ids_fingerprint


@pytest.mark.parametrize(
    ("step", "angle"),
    [
        (AlphaQE(n=3), 6.469759),
        (AlphaQE(n=2, includes_query=False), 6.469759),
        (AlphaQE(n=2, includes_query=False, alpha=10), 6.048058),
        (AlphaQE(n=5), 12.492377),
    ],
)
def test_stated_angles(make_inputs, step, angle, on_circle):
    inputs, degrees = make_inputs(n_queries=1, n_index=5), [0, 16, 25, 60, 95]
    inputs = dataclasses.replace(
        inputs,
        queries=dataclasses.replace(inputs.queries, vectors=on_circle([4])),
        index=dataclasses.replace(inputs.index, vectors=on_circle(degrees)),
    )

    ranking = step.apply(KNN().apply(None, inputs), inputs)

    expected = np.cos(np.deg2rad(angle - np.array(degrees)))
    np.testing.assert_allclose(ranking.scores[0], expected[ranking.positions[0]], atol=1e-6)


def test_expands_with_the_head_of_the_list_it_is_given(make_inputs):
    inputs = make_inputs()
    ordered = SortStep().apply(KNN(k=20).apply(None, inputs), inputs)

    ranking = AlphaQE(n=4, k=15).apply(ordered, inputs)

    assert ranking.positions.tolist() == expected_positions(ordered, inputs, 3, 15)


def test_the_query_alone_changes_nothing(make_inputs):
    inputs = make_inputs()
    knn = KNN(k=20).apply(None, inputs)

    ranking = AlphaQE(n=1, k=20).apply(knn, inputs)

    np.testing.assert_allclose(ranking.scores, knn.scores, atol=1e-6)


def test_takes_the_parameters_of_the_paper():
    assert AlphaQE() == AlphaQE(n=10, alpha=3.0, includes_query=True, k=None)


def test_needs_a_ranking(make_inputs):
    with pytest.raises(DataError, match="alpha_qe: needs a ranking"):
        AlphaQE().apply(None, make_inputs())
