from dataclasses import replace

import numba
import numpy as np
import pytest
from pydantic import ValidationError

from landmark_retrieval.embeddings import Embeddings, normalise
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.graphs.k_reciprocal import KReciprocal, shortlist_distances
from landmark_retrieval.reranking.graphs.k_reciprocal_kernels import half_reach
from landmark_retrieval.reranking.knn import KNN

pytestmark = pytest.mark.costly


def reciprocal(ranks, i, k):
    return [j for j in ranks[i, : k + 1] if i in ranks[j, : k + 1]]


def published(vectors, k1, k2, lambda_value):
    """The distances of all pairs of a set, `(m, m)`, with full matrices as published, but in float64."""
    cosines = (vectors.astype(np.float64) @ vectors.T.astype(np.float64)).astype(np.float32)
    ranks = np.argsort(-cosines, axis=1, kind="stable")
    squared = np.maximum(2 - 2 * cosines.astype(np.float64), 0)
    squared = squared / np.maximum(squared.max(axis=1, keepdims=True), 1e-300)
    m = len(vectors)
    v = np.zeros((m, m))
    for i in range(m):
        own = reciprocal(ranks, i, k1)
        members = set(own)
        for j in own:
            half = reciprocal(ranks, j, int(np.around(k1 / 2)))
            if len(set(half) & set(own)) > 2 / 3 * len(half):
                members |= set(half)
        members = sorted(members)
        if members:
            v[i, members] = np.exp(-squared[i, members]) / np.exp(-squared[i, members]).sum()
    if k2 != 1:
        v = np.stack([v[ranks[i, :k2]].mean(axis=0) for i in range(m)])
    final = np.empty((m, m))
    for i in range(m):
        for j in range(m):
            common = np.minimum(v[i], v[j]).sum()
            final[i, j] = (1 - lambda_value) * (1 - common / (2 - common)) + lambda_value * squared[i, j]
    return final


PARAMETERS = [(20, 6, 0.3), (7, 3, 0.5), (5, 1, 0.0), (1, 2, 1.0), (6, 9, 0.3)]


@pytest.mark.parametrize(("k1", "k2", "lambda_value"), PARAMETERS)
def test_a_shortlist_is_a_set_of_its_own(make_inputs, make_ranking, k1, k2, lambda_value):
    inputs = make_inputs()
    queries, index = inputs.queries.vectors, inputs.index.vectors
    positions = make_ranking(3, 30, 200, 40).positions
    positions[5, :12] = np.arange(100, 112)  # with their duplicates
    positions[5, 12:24] = np.arange(12)
    positions[5, 24:] = -1

    distances = shortlist_distances(queries, index, positions, k1, k2, lambda_value)

    for query, listed in enumerate(positions):
        listed = listed[listed >= 0]
        expected = published(np.vstack([queries[query], index[listed]]), k1, k2, lambda_value)[0, 1:]
        np.testing.assert_allclose(distances[query, : len(listed)], expected, atol=1e-5)
        assert (distances[query, len(listed) :] == 0).all()


@pytest.mark.parametrize(("k1", "k2", "lambda_value"), PARAMETERS)
@pytest.mark.parametrize("depth", [15, 200])
def test_the_whole_set_is_the_published_algorithm(make_inputs, k1, k2, lambda_value, depth):
    inputs = replace(make_inputs(n_queries=20), depth=depth)
    step = KReciprocal(k1=k1, k2=k2, lambda_value=lambda_value, scope="whole_set")

    ranking = step.apply(KNN().apply(None, inputs), inputs)

    expected = published(np.vstack([inputs.queries.vectors, inputs.index.vectors]), k1, k2, lambda_value)
    expected = expected[:20, 20:]
    shown = np.take_along_axis(expected, ranking.positions, axis=1)
    np.testing.assert_allclose(-ranking.scores, shown, atol=1e-5)
    np.testing.assert_allclose(-ranking.scores, np.sort(expected, axis=1)[:, :depth], atol=1e-5)
    assert ranking.ids_fingerprint == inputs.ids_fingerprint


def test_the_whole_set_takes_any_list(make_inputs, make_ranking):
    inputs = replace(make_inputs(), depth=12)
    before = make_ranking(0, 30, 200, 9)

    ranking = KReciprocal(k1=4, k2=2, scope="whole_set").apply(before, inputs)

    expected = published(np.vstack([inputs.queries.vectors, inputs.index.vectors]), 4, 2, 0.3)[:30, 30:]
    for query, positions in enumerate(ranking.positions):
        listed = before.positions[query]
        candidates = np.union1d(listed[listed >= 0], np.flatnonzero(expected[query] < 0.7))
        found = positions[positions >= 0]
        assert len(found) == min(12, len(np.union1d(candidates, found)))
        best = np.sort(expected[query, np.union1d(candidates, found)])[: len(found)]
        np.testing.assert_allclose(expected[query, found], best, atol=1e-5)


def test_half_of_an_odd_number_goes_to_the_even_neighbour():
    assert [half_reach(k1) - 1 for k1 in range(1, 60)] == [int(np.around(k1 / 2)) for k1 in range(1, 60)]


def test_the_rest_of_the_list_stays_behind_the_shortlist(make_inputs):
    inputs = make_inputs()
    knn = KNN(k=50).apply(None, inputs)

    ranking = KReciprocal(k1=6, shortlist=30).apply(knn, inputs)

    vectors = inputs.queries.vectors, inputs.index.vectors
    distances = shortlist_distances(*vectors, knn.positions[:, :30], 6, 6, 0.3)
    order = np.argsort(distances.astype(np.float32), axis=1, kind="stable")
    expected = np.take_along_axis(knn.positions[:, :30], order, axis=1)
    np.testing.assert_array_equal(ranking.positions[:, :30], expected)
    np.testing.assert_array_equal(ranking.positions[:, 30:], knn.positions[:, 30:])
    np.testing.assert_array_equal(ranking.scores[:, :30], -np.sort(distances.astype(np.float32), axis=1))


def test_no_limit_is_the_whole_list(make_inputs):
    inputs = make_inputs()
    knn = KNN(k=50).apply(None, inputs)

    whole, wide = (KReciprocal(shortlist=shortlist).apply(knn, inputs) for shortlist in (None, 1_000))

    np.testing.assert_array_equal(whole.positions, wide.positions)
    assert whole.depth == 50


def of_queries(inputs, part):
    queries = Embeddings(inputs.queries.image_ids[part], inputs.queries.vectors[part])
    predictions = inputs.query_predictions
    predictions = type(predictions)(predictions.landmark_ids[part], predictions.scores[part])
    return replace(inputs, queries=queries, query_predictions=predictions)


def test_a_shortlist_knows_no_other_query_and_the_whole_set_does(make_inputs):
    inputs = make_inputs()
    few = of_queries(inputs, slice(0, 3))

    for scope, same in (("shortlist", True), ("whole_set", False)):
        step = KReciprocal(scope=scope)
        together, alone = (step.apply(KNN().apply(None, given), given) for given in (inputs, few))
        assert np.array_equal(together.scores[:3], alone.scores) == same


@pytest.mark.parametrize("scope", ["shortlist", "whole_set"])
def test_neither_threads_nor_the_order_of_the_queries_matter(make_inputs, scope):
    rng = np.random.default_rng(0)
    inputs = make_inputs()
    vectors = normalise(
        rng.standard_normal((30, 8))
    )  # without ties, as the order breaks those between queries
    inputs = replace(inputs, queries=Embeddings(inputs.queries.image_ids, vectors))
    order = rng.permutation(30)
    step, other = KReciprocal(k1=6, scope=scope), of_queries(inputs, order)
    together = step.apply(KNN().apply(None, inputs), inputs)
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        alone = step.apply(KNN().apply(None, other), other)
    finally:
        numba.set_num_threads(threads)

    np.testing.assert_array_equal(together.positions[order], alone.positions)
    np.testing.assert_allclose(together.scores[order], alone.scores, atol=1e-6)


@pytest.mark.parametrize("scope", ["shortlist", "whole_set"])
def test_other_row_numbers_change_nothing_else(make_inputs, scope):
    inputs = make_inputs()
    rng = np.random.default_rng(1)
    new = rng.permutation(200)
    vectors = normalise(rng.standard_normal((200, 8)))
    moved = np.empty_like(vectors)
    moved[new] = vectors
    ids = inputs.index.image_ids
    step = KReciprocal(k1=6, shortlist=40, scope=scope)
    first, second = (replace(inputs, index=Embeddings(ids, rows)) for rows in (vectors, moved))

    before, after = (step.apply(KNN().apply(None, given), given) for given in (first, second))

    np.testing.assert_array_equal(new[before.positions], after.positions)


@pytest.mark.parametrize("scope", ["shortlist", "whole_set"])
def test_images_that_are_all_the_same_keep_their_order(make_inputs, scope):
    inputs = make_inputs(n_index=30)
    same = np.tile(np.float32([1, 0, 0, 0, 0, 0, 0, 0]), (30, 1))
    inputs = replace(
        inputs,
        queries=Embeddings(inputs.queries.image_ids, same),
        index=Embeddings(inputs.index.image_ids, same),
    )
    knn = KNN().apply(None, inputs)

    ranking = KReciprocal(k1=5, scope=scope).apply(knn, inputs)

    np.testing.assert_array_equal(ranking.positions, knn.positions)
    assert np.isfinite(ranking.scores).all()


@pytest.mark.parametrize("scope", ["shortlist", "whole_set"])
def test_reads_half_precision_from_disk(make_inputs, tmp_path, scope):
    inputs = make_inputs()
    half = inputs.index.vectors.astype(np.float16)
    np.save(tmp_path / "index.npy", half)
    mapped = np.load(tmp_path / "index.npy", mmap_mode="r")
    sources = (mapped, half.astype(np.float32))
    step = KReciprocal(k1=6, scope=scope)

    read, held = (
        step.apply(KNN().apply(None, given), given)
        for given in (replace(inputs, index=Embeddings(inputs.index.image_ids, rows)) for rows in sources)
    )

    np.testing.assert_array_equal(read.positions, held.positions)
    np.testing.assert_array_equal(read.scores, held.scores)


@pytest.mark.parametrize("scope", ["shortlist", "whole_set"])
@pytest.mark.parametrize("side", ["queries", "index"])
def test_embeddings_that_are_no_numbers_are_refused(make_inputs, scope, side):
    inputs = make_inputs()
    knn = KNN().apply(None, inputs)
    broken = getattr(inputs, side).vectors.copy()
    broken[knn.positions[0, 0] if side == "index" else 0] = np.nan
    inputs = replace(inputs, **{side: Embeddings(getattr(inputs, side).image_ids, broken)})

    with pytest.raises(DataError, match="expected finite"):
        KReciprocal(scope=scope).apply(knn, inputs)


def test_an_empty_list_stays_empty(make_inputs):
    inputs = make_inputs()
    nothing = Ranking(np.zeros((30, 0), np.int64), np.zeros((30, 0), np.float32), 200, inputs.ids_fingerprint)

    assert KReciprocal().apply(nothing, inputs).depth == 0


def test_takes_the_parameters_of_the_paper():
    step = KReciprocal()
    assert step == KReciprocal(k1=20, k2=6, lambda_value=0.3, scope="shortlist", shortlist=100)
    assert step.neighbours_needed == 0
    assert KReciprocal(scope="whole_set").neighbours_needed == 21
    with pytest.raises(ValidationError, match="lambda_value"):
        KReciprocal(lambda_value=1.1)


def test_needs_a_ranking(make_inputs):
    with pytest.raises(DataError, match="k_reciprocal: needs a ranking"):
        KReciprocal().apply(None, make_inputs())
