import sys

import faiss
import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_limits

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.search.exact import search
from landmark_retrieval.search.rows import rows_fingerprint

BACKENDS = ["faiss", "torch", "auto"]


def unit_vectors(seed, n, dim=16):
    vectors = np.random.default_rng(seed).standard_normal((n, dim))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def tied_vectors(seed, n, dim=6):
    """Small integers: exact products, most of them tied."""
    return np.random.default_rng(seed).integers(-1, 2, (n, dim)).astype(np.float32)


def naive(queries, index, k):
    positions, scores = [], []
    for query in queries:
        products = [sum(float(a) * float(b) for a, b in zip(query, row, strict=True)) for row in index]
        rounded = np.asarray(products, dtype=np.float32)
        order = sorted(range(len(index)), key=lambda row: (-rounded[row], row))[:k]
        positions.append(order)
        scores.append(rounded[order])
    return np.asarray(positions), np.asarray(scores, dtype=np.float32)


def assert_same(ranking, positions, scores):
    np.testing.assert_array_equal(ranking.positions, positions)
    np.testing.assert_array_equal(ranking.scores, scores)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("make", [unit_vectors, tied_vectors])
@pytest.mark.parametrize("k", [1, 7, 150, 300])
def test_agrees_with_a_loop(backend, make, k):
    queries, index = make(0, 12), make(1, 300)

    assert_same(search(queries, index, k, backend), *naive(queries, index, k))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("block_rows", [13, 64, 300, 5_000])
def test_does_not_depend_on_the_block_size(backend, block_rows):
    for make in (unit_vectors, tied_vectors):
        queries, index = make(2, 9), make(3, 300)
        whole = search(queries, index, 10)

        assert_same(search(queries, index, 10, backend, block_rows=block_rows), whole.positions, whole.scores)


@pytest.mark.parametrize("backend", BACKENDS)
def test_duplicates_across_the_end_of_the_list_come_by_row(backend):
    index = np.repeat(unit_vectors(4, 3), [2, 400, 98], axis=0)
    shuffle = np.random.default_rng(5).permutation(len(index))
    shuffled, queries = index[shuffle], unit_vectors(4, 3)[1:2]

    ranking = search(queries, shuffled, 20, backend, block_rows=64)

    duplicates = np.flatnonzero((shuffled == queries[0]).all(axis=1))
    np.testing.assert_array_equal(ranking.positions[0], duplicates[:20])


def test_scores_closer_than_float32_products_are_told_apart():
    rng = np.random.default_rng(6)
    query = unit_vectors(7, 1, dim=512)
    index = np.repeat(query, 600, axis=0)
    index += rng.choice([-1, 0, 1], index.shape).astype(np.float32) * np.float32(1e-8)

    assert_same(search(query, index, 50), *naive(query, index, 50))


@pytest.mark.parametrize("backend", BACKENDS)
def test_does_not_depend_on_the_order_of_queries_or_index(backend):
    queries, index = unit_vectors(8, 40, dim=100), unit_vectors(9, 1_000, dim=100)
    rng = np.random.default_rng(10)
    order, rows = rng.permutation(40), rng.permutation(1_000)

    ranking = search(queries, index, 20, backend)

    assert_same(search(queries[order], index, 20, backend), ranking.positions[order], ranking.scores[order])
    permuted = search(queries, index[rows], 20, backend)
    assert_same(permuted, np.argsort(rows)[ranking.positions], ranking.scores)


@pytest.mark.parametrize("backend", BACKENDS)
def test_does_not_depend_on_the_thread_count(backend):
    queries, index = unit_vectors(11, 64, dim=130), unit_vectors(12, 2_000, dim=130)
    whole = search(queries, index, 30, backend)
    threads, torch_threads = faiss.omp_get_max_threads(), torch.get_num_threads()
    try:
        faiss.omp_set_num_threads(1)
        torch.set_num_threads(1)
        with threadpool_limits(1):
            alone = search(queries, index, 30, backend)
    finally:
        faiss.omp_set_num_threads(threads)
        torch.set_num_threads(torch_threads)

    assert_same(alone, whole.positions, whole.scores)


def test_reduced_precision_products_do_not_reach_the_search():
    queries, index = unit_vectors(13, 20, dim=256), unit_vectors(14, 2_000, dim=256)
    expected = search(queries, index, 10, "torch")
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        assert_same(search(queries, index, 10, "torch"), expected.positions, expected.scores)
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision(before)


def test_works_without_faiss(monkeypatch):
    queries, index = unit_vectors(15, 5), unit_vectors(16, 200)
    expected = search(queries, index, 10, "faiss")
    monkeypatch.setitem(sys.modules, "faiss", None)

    assert_same(search(queries, index, 10), expected.positions, expected.scores)


def test_memory_mapped_half_precision_is_searched_as_it_is(tmp_path):
    queries, index = unit_vectors(17, 5), unit_vectors(18, 300).astype(np.float16)
    np.save(tmp_path / "index.npy", index)

    ranking = search(queries, np.load(tmp_path / "index.npy", mmap_mode="r"), 10, block_rows=50)

    assert_same(ranking, *naive(queries, index, 10))


def test_vectors_of_any_length_are_compared_exactly():
    queries = unit_vectors(19, 5, dim=300) * np.float32(1e4)
    index = unit_vectors(20, 400, dim=300) * np.logspace(-3, 3, 400, dtype=np.float32)[:, None]

    positions, scores = naive(queries, index, 10)
    ranking = search(queries, index, 10)

    np.testing.assert_array_equal(ranking.positions, positions)
    np.testing.assert_allclose(ranking.scores, scores, rtol=1e-6)


@pytest.mark.parametrize(("n_queries", "n_index", "shape"), [(0, 9, (0, 4)), (3, 0, (3, 0)), (3, 2, (3, 2))])
def test_empty_and_short_indexes_clip_the_lists(n_queries, n_index, shape):
    ranking = search(unit_vectors(0, n_queries), unit_vectors(1, n_index), 4)

    assert ranking.positions.shape == shape
    assert ranking.n_index == n_index


def test_embeddings_sign_the_ranking():
    queries = Embeddings(np.array(["a", "b"]), unit_vectors(0, 2))
    index = Embeddings(np.array(["c", "d", "e"]), unit_vectors(1, 3))

    assert search(queries, index, 2).rows == rows_fingerprint(["a", "b"], ["c", "d", "e"])
    assert search(queries.vectors, index, 2).rows == ""
    assert search(queries, index, 2, rows="given").rows == "given"


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("side", ["query", "index"])
def test_what_is_not_finite_is_refused(backend, side):
    queries, index = unit_vectors(0, 5), unit_vectors(1, 300)
    {"query": queries, "index": index}[side][3, 2] = np.nan

    with pytest.raises(DataError, match=f"{side} row 3"):
        search(queries, index, 4, backend)


def test_what_does_not_fit_is_refused():
    with pytest.raises(DataError, match=r"\(2, 16\) and \(3, 8\)"):
        search(unit_vectors(0, 2), unit_vectors(1, 3, dim=8), 4)
    with pytest.raises(DataError, match="depth k"):
        search(unit_vectors(0, 2), unit_vectors(1, 3), 0)
