import dataclasses
import subprocess
import sys

import numba
import numpy as np
import pytest

from landmark_retrieval.embeddings import normalise
from landmark_retrieval.errors import DataError
from landmark_retrieval.reranking.chain import apply_chain
from landmark_retrieval.reranking.expansion.query_expansion import AQE, AlphaQE, expand_queries
from landmark_retrieval.reranking.knn import KNN
from landmark_retrieval.reranking.labels.insert_step import InsertStep
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.voting.soft_voting import soft_vote
from landmark_retrieval.voting.votes import TrainSet, collect_votes

INDEX_ANGLES = [0, 16, 25, 60, 95]


def angle_of(vectors):
    return np.rad2deg(np.arctan2(vectors[:, 1], vectors[:, 0]))


def expected_rows(queries, index, positions, alpha, weights):
    queries, index = queries.astype(np.float64), index.astype(np.float64)
    rows = []
    for query, listed in zip(queries, positions, strict=True):
        total = query.copy()
        for rank, row in enumerate(listed):
            if row < 0:
                continue
            cosine = max(0.0, sum(a * b for a, b in zip(query, index[row], strict=True)))
            total += weights[rank] * cosine**alpha * index[row]
        rows.append(total / np.linalg.norm(total))
    return np.array(rows)


@pytest.mark.parametrize(
    ("n_neighbours", "alpha", "angle"),
    [(2, 0.0, 6.658198), (2, 3.0, 6.469759), (2, 10.0, 6.048058), (4, 3.0, 12.492377)],
)
def test_stated_angles(n_neighbours, alpha, angle, on_circle):
    index = on_circle(INDEX_ANGLES)

    expanded = expand_queries(on_circle([4]), index, np.arange(n_neighbours)[None], alpha)

    assert angle_of(expanded) == pytest.approx([angle], abs=1e-4)


@pytest.mark.parametrize(("alpha", "vector"), [(0.0, [0.993255, 0.115946]), (3.0, [0.993631, 0.112679])])
def test_stated_vectors(alpha, vector, on_circle):
    expanded = expand_queries(on_circle([4]), on_circle(INDEX_ANGLES), np.array([[0, 1]]), alpha)

    np.testing.assert_allclose(expanded[0], vector, atol=1e-6)


def test_the_query_itself_counts(on_circle):
    query, index = on_circle([4]), on_circle(INDEX_ANGLES)
    neighbours_alone = ((index[:2] @ query[0]) ** 3)[:, None] * index[:2]

    expanded = expand_queries(query, index, np.array([[0, 1]]), 3.0)

    assert angle_of(neighbours_alone.sum(axis=0, keepdims=True)) == pytest.approx([7.762656], abs=1e-4)
    assert angle_of(expanded) == pytest.approx([6.469759], abs=1e-4)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 2.0, 3.0])
@pytest.mark.parametrize("dim", [1, 8, 37])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_agrees_with_a_loop(make_inputs, make_ranking, alpha, dim, dtype):
    inputs, ranking = make_inputs(dim=dim), make_ranking(0, 30, 200, 9)
    queries, index = inputs.queries.vectors.astype(dtype), inputs.index.vectors.astype(dtype)
    weights = np.random.default_rng(3).random(12)

    expanded = expand_queries(queries, index, ranking.positions, alpha, weights)

    assert expanded.dtype == np.float32
    expected = expected_rows(queries, index, ranking.positions, alpha, weights)
    np.testing.assert_allclose(expanded, expected, atol=1e-6)


def test_float16_is_read_as_it_is():
    values = np.arange(2**16, dtype=np.uint16).view(np.float16)
    finite = values[np.isfinite(values)]
    index = finite.reshape(-1, 64)
    queries = np.zeros((len(index), 64), dtype=np.float32)

    expanded = expand_queries(queries, index, np.arange(len(index))[:, None])

    np.testing.assert_array_equal(
        expanded, expand_queries(queries, index.astype(np.float32), np.arange(len(index))[:, None])
    )


def test_any_layout_gives_the_same_bytes(make_inputs, make_ranking, tmp_path):
    inputs, ranking = make_inputs(), make_ranking(0, 30, 200, 9)
    queries, index = inputs.queries.vectors, inputs.index.vectors
    expected = expand_queries(queries, index, ranking.positions, 3.0)
    np.save(tmp_path / "index.npy", index)
    strided = np.repeat(index, 2, axis=1)[:, ::2]
    into = np.empty_like(queries)

    layouts = [
        np.load(tmp_path / "index.npy", mmap_mode="r"),
        strided,
        np.asfortranarray(index),
        index.astype(float),
    ]

    for layout in layouts:
        found = expand_queries(np.asfortranarray(queries), layout, ranking.positions, 3.0)
        np.testing.assert_array_equal(found, expected)
    assert expand_queries(queries, strided, ranking.positions[:, ::-1].copy()[:, ::-1], 3.0, out=into) is into
    np.testing.assert_array_equal(into, expected)


def test_threads_and_order_do_not_matter(make_inputs, make_ranking):
    inputs, ranking = make_inputs(dim=33), make_ranking(0, 30, 200, 9)
    queries, index = inputs.queries.vectors, inputs.index.vectors
    order = np.random.default_rng(0).permutation(200)
    moved = np.where(ranking.positions < 0, -1, np.argsort(order)[ranking.positions])

    expected = expand_queries(queries, index, ranking.positions, 3.0)

    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    alone = expand_queries(queries, index, ranking.positions, 3.0)
    numba.set_num_threads(threads)
    np.testing.assert_array_equal(alone, expected)
    np.testing.assert_array_equal(expand_queries(queries, index[order], moved, 3.0), expected)
    reverse = expand_queries(queries[::-1], index, ranking.positions[::-1], 3.0)
    np.testing.assert_array_equal(reverse[::-1], expected)


def test_opposite_images_do_not_count(on_circle):
    queries, index = on_circle([0]), on_circle([180, 120, 10])

    for alpha in (0.5, 2.0, 3.0):
        found = expand_queries(queries, index, np.array([[0, 1]]), alpha)
        np.testing.assert_allclose(found, queries, atol=1e-7)
    assert angle_of(expand_queries(queries, index, np.array([[1]]), 0.0)) == pytest.approx([60], abs=1e-4)


def test_a_query_without_neighbours_is_unchanged(make_inputs):
    inputs = make_inputs()

    for index in (inputs.index.vectors, inputs.index.vectors[:0]):
        for listed in (np.full((30, 4), -1), np.empty((30, 0), dtype=np.int64)):
            expanded = expand_queries(inputs.queries.vectors, index, listed, 3.0)
            np.testing.assert_allclose(expanded, inputs.queries.vectors, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("alpha", [0.0, 3.0])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(make_inputs, dtype, alpha, value):
    queries, index = make_inputs().queries.vectors.copy(), make_inputs().index.vectors.astype(dtype)
    positions = np.arange(60).reshape(30, 2)
    index[100, 3] = value
    expand_queries(queries, index, positions, alpha)  # nobody's neighbour
    index[15, 3] = value

    for layout in (index, np.asfortranarray(index)):
        with pytest.raises(DataError, match=r"query row 7, index rows \[14, 15\]: expected finite"):
            expand_queries(queries, layout, positions, alpha)
    queries[4, 0] = value
    with pytest.raises(DataError, match="query row 4"):
        expand_queries(queries, index, positions, alpha)


def test_what_does_not_fit_is_refused(make_inputs):
    queries, index = make_inputs().queries.vectors, make_inputs().index.vectors
    listed = np.zeros((30, 2), dtype=np.int64)

    for wrong in (listed + 200, listed - 2):
        with pytest.raises(DataError, match="expected rows below 200"):
            expand_queries(queries, index, wrong)
    with pytest.raises(DataError, match=r"\(29, 2\)"):
        expand_queries(queries, index, listed[1:])
    with pytest.raises(DataError, match=r"\(200, 7\)"):
        expand_queries(queries, index[:, :7], listed)
    with pytest.raises(DataError, match="2 weights or more, found 1"):
        expand_queries(queries, index, listed, weights=np.ones(1))


def with_train(inputs, votes_depth=None):
    rng = np.random.default_rng(5)
    train = TrainSet(
        dataclasses.replace(inputs.index, vectors=normalise(rng.standard_normal((200, 8)))),
        rng.integers(0, 6, 200),
    )
    inputs = dataclasses.replace(inputs, train=train)
    if votes_depth is None:
        return inputs
    neighbours = search(inputs.queries, train.embeddings, votes_depth)
    return dataclasses.replace(inputs, query_votes=collect_votes(neighbours, train.landmark_ids, votes_depth))


@pytest.mark.parametrize("votes_depth", [None, 2, 7])
@pytest.mark.parametrize("step", [AQE(n=4, relabel=True), AlphaQE(n=4, relabel=True, votes=5)])
def test_expanded_queries_vote_for_later_steps(make_inputs, votes_depth, step):
    inputs = with_train(make_inputs(), votes_depth)
    knn = KNN().apply(None, inputs)

    ranking, later = step.run(knn, inputs)

    plain = step.model_copy(update={"relabel": False})
    np.testing.assert_array_equal(ranking.positions, plain.apply(knn, inputs).positions)
    expanded = expand_queries(
        inputs.queries.vectors, inputs.index.vectors, knn.positions[:, :3], step.weighting[0]
    )
    depth = max(step.votes, votes_depth or 0)
    neighbours = search(expanded, inputs.train.embeddings, depth)
    votes = collect_votes(neighbours, inputs.train.landmark_ids, depth)
    expected = soft_vote(votes, step.votes)
    np.testing.assert_array_equal(later.query_predictions.landmark_ids, expected.landmark_ids)
    np.testing.assert_array_equal(later.query_predictions.scores, expected.scores)
    np.testing.assert_array_equal(later.query_votes.cosines, votes.cosines)
    assert later.index_predictions is inputs.index_predictions
    assert (expected.landmark_ids != inputs.query_predictions.landmark_ids).any()


def test_relabelling_is_said_beforehand(make_inputs):
    step = AlphaQE(relabel=True)

    assert (step.needs, step.changes_inputs) == ({"train"}, True)
    assert (AlphaQE().needs, AlphaQE().changes_inputs) == (frozenset(), False)
    with pytest.raises(DataError, match="alpha_qe: relabel needs the training images"):
        step.run(KNN().apply(None, make_inputs()), make_inputs())


def test_label_steps_go_by_the_expanded_query(make_inputs):
    inputs = with_train(make_inputs())
    insert = InsertStep(threshold=0.3)

    relabelled = apply_chain([KNN(), AQE(n=4, relabel=True), insert], None, inputs)

    ranking, later = AQE(n=4, relabel=True).run(KNN().apply(None, inputs), inputs)
    np.testing.assert_array_equal(relabelled.positions, insert.apply(ranking, later).positions)
    plain = apply_chain([KNN(), AQE(n=4), insert], None, inputs)
    assert (relabelled.positions != plain.positions).any()


@pytest.mark.costly
def test_nothing_is_compiled_before_it_is_needed():
    code = (
        "import sys, landmark_retrieval.reranking.expansion.query_expansion;"
        "import landmark_retrieval.reranking.expansion.database_augmentation;"
        "print({'torch', 'faiss', 'numba', 'scipy'} & set(sys.modules))"
    )

    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "set()"
