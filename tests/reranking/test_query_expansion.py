import numpy as np
import pytest

from landmark_retrieval.reranking import query_expansion
from landmark_retrieval.reranking.query_expansion import expand_queries


def on_circle(degrees):
    angles = np.deg2rad(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


@pytest.mark.parametrize(
    ("n_neighbours", "alpha", "angle"),
    [(2, 0.0, 6.658198), (2, 3.0, 6.469759), (2, 10.0, 6.048058), (4, 3.0, 12.492377)],
)
def test_stated_angles(n_neighbours, alpha, angle):
    index = on_circle([0, 16, 25, 60, 95])

    expanded = expand_queries(on_circle([4]), index, np.arange(n_neighbours)[None], alpha)

    assert np.rad2deg(np.arctan2(expanded[0, 1], expanded[0, 0])) == pytest.approx(angle, abs=1e-4)


@pytest.mark.parametrize(("alpha", "vector"), [(0.0, [0.993255, 0.115946]), (3.0, [0.993631, 0.112679])])
def test_stated_vectors(alpha, vector):
    expanded = expand_queries(on_circle([4]), on_circle([0, 16, 25, 60, 95]), np.array([[0, 1]]), alpha)

    np.testing.assert_allclose(expanded[0], vector, atol=1e-6)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 2.0, 3.0])
@pytest.mark.parametrize("chunk", [1, 128])
def test_agrees_with_a_loop(make_inputs, make_ranking, monkeypatch, alpha, chunk):
    monkeypatch.setattr(query_expansion, "_QUERIES", chunk)
    inputs, ranking = make_inputs(), make_ranking(0, 30, 200, 9)
    queries, index = inputs.queries.vectors, inputs.index.vectors

    expanded = expand_queries(queries, index, ranking.positions, alpha)

    for query, positions, found in zip(queries, ranking.positions, expanded, strict=True):
        total = query.astype(np.float64)
        for row in positions[positions >= 0]:
            cosine = max(0.0, float(query @ index[row]))
            total = total + cosine**alpha * index[row]
        np.testing.assert_allclose(found, total / np.linalg.norm(total), atol=1e-6)


def test_a_query_without_neighbours_is_unchanged(make_inputs):
    inputs = make_inputs()

    for index in (inputs.index.vectors, inputs.index.vectors[:0]):
        expanded = expand_queries(inputs.queries.vectors, index, np.full((30, 4), -1), 3.0)
        np.testing.assert_allclose(expanded, inputs.queries.vectors, atol=1e-6)
