import numpy as np
import pytest

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.knn import KNN
from landmark_retrieval.reranking.shortlist.super_global import SuperGlobal, refinement, super_global_scores

pytestmark = pytest.mark.costly


def on_circle(degrees):
    angles = np.deg2rad(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def inputs_of(queries, index, depth):
    sides = [
        Embeddings(np.array([f"{name}{i}" for i in range(len(vectors))]), vectors)
        for name, vectors in (("q", queries), ("x", index))
    ]
    unknown = [LabelPrediction(np.full(len(side), -1), np.zeros(len(side), np.float32)) for side in sides]
    return RerankingInputs(*sides, *unknown, depth=depth)


def loop_scores(query, vectors, k, beta):
    """Scores of a shortlist, image by image."""
    query, vectors = query.astype(np.float64), vectors.astype(np.float64)
    refined = []
    for i, vector in enumerate(vectors):
        cosines = [float(np.float32(np.sum(vector * other))) for other in vectors]
        others = sorted((j for j in range(len(vectors)) if j != i), key=lambda j: -cosines[j])[:k]
        weight = 1 + sum(beta * cosines[j] for j in others)
        total = vector + sum(beta * cosines[j] * vectors[j] for j in others)
        refined.append(total / weight if weight > 0 else vector)
    first = [float(np.float32(query @ vector)) for vector in refined]
    best = sorted(range(len(vectors)), key=lambda i: -first[i])[: k + 1]
    aggregate = [max(refined[i][d] for i in best) for d in range(len(query))]
    return np.array([(first[i] + np.dot(aggregate, refined[i])) / 2 for i in range(len(vectors))])


INDEX, QUERIES = on_circle([3, 8, 20, 33, 47, 70, 120]), on_circle([12, 60])
REFINED = [
    [0.985507, 0.152124],
    [0.934012, 0.341905],
    [0.991124, 0.094513],
    [0.832448, 0.542751],
    [0.726748, 0.669432],
]


@pytest.mark.parametrize(
    ("query", "listed", "expected"),
    [
        (0, [1, 2, 0, 3, 4], [0.9956, 0.984688, 0.989116, 0.927101, 0.85005]),
        (1, [5, 4, 3, 2, 1], [0.974729, 0.966041, 0.88626, 0.763105, 0.662046]),
    ],
)
def test_stated_first_scores(query, listed, expected):
    vectors = INDEX[listed]

    refined = refinement(vectors, 2, 0.15).refine(vectors, np.arange(5))

    np.testing.assert_allclose(refined @ QUERIES[query], expected, atol=1e-6)


def test_stated_refined_descriptors():
    vectors = INDEX[[1, 2, 0, 3, 4]]

    refined = refinement(vectors, 2, 0.15).refine(vectors, np.arange(5))

    np.testing.assert_allclose(refined, REFINED, atol=1e-6)


def test_stated_lists():
    inputs = inputs_of(QUERIES, INDEX, depth=7)
    knn = KNN().apply(None, inputs)
    assert knn.positions.tolist() == [[1, 2, 0, 3, 4, 5, 6], [5, 4, 3, 2, 1, 0, 6]]

    reranked = SuperGlobal(shortlist=5, neighbours=2).apply(knn, inputs)

    assert reranked.positions.tolist() == [[2, 1, 0, 3, 4, 5, 6], [4, 5, 3, 2, 1, 0, 6]]
    assert reranked.ids_fingerprint == inputs.ids_fingerprint


@pytest.mark.parametrize(("k", "beta"), [(0, 0.15), (1, 1.0), (3, 0.15), (9, 0.15), (30, 0.5)])
def test_agrees_with_a_loop(make_inputs, make_ranking, k, beta):
    inputs, ranking = make_inputs(), make_ranking(0, 30, 200, 17)
    queries, index = inputs.queries.vectors, inputs.index.vectors

    scores = super_global_scores(queries, index, ranking.positions, k, beta)

    for query, positions, found in zip(queries, ranking.positions, scores, strict=True):
        listed = positions[positions >= 0]
        if len(listed):
            np.testing.assert_allclose(
                found[: len(listed)], loop_scores(query, index[listed], k, beta), atol=1e-5, rtol=1e-5
            )
        assert (found[len(listed) :] == 0).all()


def test_equal_images_are_each_refined_by_the_others():
    index = on_circle([10, 10, 10, 10, 40, 40, 70])
    listed = np.array([[4, 0, 5, 1, 2, 6, 3]])

    scores = super_global_scores(on_circle([20]), index, listed, 2, 0.15)

    np.testing.assert_allclose(
        scores[0], loop_scores(on_circle([20])[0], index[listed[0]], 2, 0.15), atol=1e-6
    )
    np.testing.assert_allclose(scores[0, [1, 3, 4, 6]], scores[0, 1], atol=1e-7)


def test_an_image_among_opposites_keeps_its_descriptor():
    index = on_circle([0, 180, 180, 180])

    refined = refinement(index, 3, 0.5).refine(index, np.arange(4))

    np.testing.assert_allclose(refined[0], index[0], atol=1e-7)
    assert np.isfinite(refined).all()


def test_each_list_is_worked_on_by_itself(make_inputs, make_ranking):
    inputs, ranking = make_inputs(), make_ranking(1, 30, 200, 40)
    queries, index = inputs.queries.vectors, inputs.index.vectors

    together = super_global_scores(queries, index, ranking.positions, 9, 0.15)

    for i in range(30):
        alone = super_global_scores(queries[i : i + 1], index, ranking.positions[i : i + 1], 9, 0.15)
        np.testing.assert_array_equal(alone[0], together[i])


def test_permuting_the_index_renames_its_rows(make_inputs):
    inputs = make_inputs()
    order = np.random.default_rng(0).permutation(200)
    permuted = inputs_of(inputs.queries.vectors, inputs.index.vectors[order], 100)
    knn = KNN().apply(None, inputs)
    renamed = Ranking(np.argsort(order)[knn.positions], knn.scores, 200)

    reranked = SuperGlobal().apply(knn, inputs)
    again = SuperGlobal().apply(renamed, permuted)

    np.testing.assert_array_equal(order[again.positions], reranked.positions)
    np.testing.assert_array_equal(again.scores, reranked.scores)


def test_what_lies_behind_the_shortlist_stays_in_order(make_inputs):
    inputs = make_inputs()
    knn = KNN(k=60).apply(None, inputs)

    reranked = SuperGlobal(shortlist=20).apply(knn, inputs)

    np.testing.assert_array_equal(np.sort(reranked.positions[:, :20]), np.sort(knn.positions[:, :20]))
    np.testing.assert_array_equal(reranked.positions[:, 20:60], knn.positions[:, 20:])
    assert (reranked.positions[:, 60:] == -1).all()


@pytest.mark.parametrize("depth", [5, 100, 300])
def test_lists_are_as_long_as_asked_for(make_inputs, depth):
    inputs = make_inputs()
    inputs = inputs_of(inputs.queries.vectors, inputs.index.vectors, depth)
    knn = KNN(k=150).apply(None, inputs)

    assert SuperGlobal(shortlist=50).apply(knn, inputs).depth == min(depth, 200)


def test_half_precision_on_disk_is_read_row_by_row(make_inputs, make_ranking, tmp_path):
    inputs, ranking = make_inputs(), make_ranking(2, 30, 200, 12)
    np.save(tmp_path / "index.npy", inputs.index.vectors.astype(np.float16))
    stored = np.load(tmp_path / "index.npy", mmap_mode="r")

    scores = super_global_scores(inputs.queries.vectors, stored, ranking.positions, 3, 0.15)

    read = np.array(stored, dtype=np.float32)
    expected = super_global_scores(inputs.queries.vectors, read, ranking.positions, 3, 0.15)
    np.testing.assert_array_equal(scores, expected)


def test_numbers_that_are_none_are_refused(make_inputs, make_ranking):
    inputs, ranking = make_inputs(), make_ranking(3, 30, 200, 12)
    vectors = inputs.index.vectors.copy()
    vectors[ranking.positions[7, 0]] = np.nan

    with pytest.raises(DataError, match="not finite"):
        super_global_scores(inputs.queries.vectors, vectors, ranking.positions, 3, 0.15)


def test_takes_the_parameters_of_the_paper():
    assert SuperGlobal() == SuperGlobal(shortlist=400, neighbours=9, beta=0.15)


def test_needs_a_ranking(make_inputs):
    with pytest.raises(DataError, match="super_global: needs a ranking"):
        SuperGlobal().apply(None, make_inputs())
