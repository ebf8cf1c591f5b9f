import sys

import faiss
import numba
import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_limits

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.search.exact import hardware
from landmark_retrieval.search.exact.candidates import exhaustive_keys
from landmark_retrieval.search.exact_search import choose_backend, choose_precisions, queries_at_once, search
from landmark_retrieval.search.identity import ids_fingerprint
from landmark_retrieval.search.sort_keys import split_keys

WAYS = [
    {"backend": "tiled", "scan": "float32"},
    {"backend": "tiled", "scan": "bfloat16"},
    {"backend": "faiss"},
    {"backend": "torch"},
    {"backend": "torch", "scan": "bfloat16"},
    {},
]
ways = pytest.mark.parametrize("way", WAYS, ids=lambda way: "-".join(way.values()) or "auto")


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


def unpack_all(keys):
    scores, positions = split_keys(keys)
    return positions, scores


def assert_same(ranking, positions, scores):
    np.testing.assert_array_equal(ranking.positions, positions)
    np.testing.assert_array_equal(ranking.scores, scores)


@ways
@pytest.mark.parametrize("make", [unit_vectors, tied_vectors])
@pytest.mark.parametrize("k", [1, 7, 150, 300])
def test_agrees_with_a_loop(way, make, k):
    queries, index = make(0, 12), make(1, 300)

    assert_same(search(queries, index, k, **way), *naive(queries, index, k))


@ways
@pytest.mark.parametrize("block_rows", [13, 64, 300, 5_000])
def test_does_not_depend_on_the_block_size(way, block_rows):
    for make in (unit_vectors, tied_vectors):
        queries, index = make(2, 9), make(3, 300)
        whole = search(queries, index, 10)

        assert_same(search(queries, index, 10, **way, block_rows=block_rows), whole.positions, whole.scores)


@ways
def test_duplicates_across_the_end_of_the_list_come_by_row(way):
    index = np.repeat(unit_vectors(4, 3), [2, 400, 98], axis=0)
    shuffle = np.random.default_rng(5).permutation(len(index))
    shuffled, queries = index[shuffle], unit_vectors(4, 3)[1:2]

    ranking = search(queries, shuffled, 20, **way, block_rows=64)

    duplicates = np.flatnonzero((shuffled == queries[0]).all(axis=1))
    np.testing.assert_array_equal(ranking.positions[0], duplicates[:20])


@ways
def test_scores_closer_than_float32_products_are_told_apart(way):
    rng = np.random.default_rng(6)
    query = unit_vectors(7, 1, dim=512)
    index = np.repeat(query, 600, axis=0)
    index += rng.choice([-1, 0, 1], index.shape).astype(np.float32) * np.float32(1e-8)

    assert_same(search(query, index, 50, **way), *naive(query, index, 50))


def near_ties(seed, n, dim):
    """Rows around each query that differ by less than bfloat16 tells, among rows that do not."""
    rng = np.random.default_rng(seed)
    queries = unit_vectors(seed, 4, dim)
    near = np.repeat(queries, n, axis=0) + rng.standard_normal((4 * n, dim)).astype(np.float32) * 2e-4
    return queries, np.vstack([near.astype(np.float32), unit_vectors(seed + 1, 600, dim)])


@ways
@pytest.mark.parametrize("n", [60, 1_500])
def test_near_ties_within_the_error_of_bfloat16_are_told_apart(way, n):
    queries, index = near_ties(21, n, dim=96)
    products = (torch.from_numpy(queries).bfloat16() @ torch.from_numpy(index).bfloat16().T).float().numpy()
    exact = queries.astype(np.float64) @ index.T.astype(np.float64)
    by_luck = [set(np.argsort(-row, kind="stable")[:20]) for row in products]
    best = [set(np.argsort(-row, kind="stable")[:20]) for row in exact]
    assert all(found != wanted for found, wanted in zip(by_luck, best, strict=True))

    ranking = search(queries, index, 20, **way, block_rows=512)

    assert [set(positions) for positions in ranking.positions] == best
    assert_same(ranking, *unpack_all(exhaustive_keys(queries, index, 20)))


@ways
def test_does_not_depend_on_the_order_of_queries_or_index(way):
    queries, index = unit_vectors(8, 40, dim=100), unit_vectors(9, 1_000, dim=100)
    rng = np.random.default_rng(10)
    order, rows = rng.permutation(40), rng.permutation(1_000)

    ranking = search(queries, index, 20, **way)

    assert_same(search(queries[order], index, 20, **way), ranking.positions[order], ranking.scores[order])
    permuted = search(queries, index[rows], 20, **way)
    assert_same(permuted, np.argsort(rows)[ranking.positions], ranking.scores)


@ways
def test_does_not_depend_on_the_thread_count(way):
    queries, index = unit_vectors(11, 64, dim=130), unit_vectors(12, 2_000, dim=130)
    whole = search(queries, index, 30, **way)
    threads = faiss.omp_get_max_threads(), torch.get_num_threads(), numba.get_num_threads()
    try:
        faiss.omp_set_num_threads(1)
        torch.set_num_threads(1)
        numba.set_num_threads(1)
        with threadpool_limits(1):
            alone = search(queries, index, 30, **way)
    finally:
        faiss.omp_set_num_threads(threads[0])
        torch.set_num_threads(threads[1])
        numba.set_num_threads(threads[2])

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


@pytest.mark.parametrize("missing", [["faiss"], ["numba"], ["faiss", "numba"]])
def test_works_without_faiss_and_numba(monkeypatch, missing):
    queries, index = unit_vectors(15, 5), unit_vectors(16, 200)
    expected = search(queries, index, 10)
    for package in missing:
        monkeypatch.setitem(sys.modules, package, None)

    assert_same(search(queries, index, 10), expected.positions, expected.scores)
    assert_same(search(queries, index, 120), *naive(queries, index, 120))


@ways
def test_memory_mapped_half_precision_is_searched_as_it_is(way, tmp_path):
    queries, index = unit_vectors(17, 5).astype(np.float16), unit_vectors(18, 300).astype(np.float16)
    index[7, :3] = [6e-8, -6e-8, 0.0]
    np.save(tmp_path / "index.npy", index)

    ranking = search(queries, np.load(tmp_path / "index.npy", mmap_mode="r"), 10, **way, block_rows=50)

    assert_same(ranking, *naive(queries, index, 10))


def test_more_queries_than_are_searched_at_once_are_searched_in_turn():
    n = queries_at_once(2, 40) + 500
    queries, index = unit_vectors(22, n, dim=2), unit_vectors(23, 40, dim=2)

    ranking = search(queries, index, 2)

    last = search(queries[-600:], index, 2)
    assert_same(last, ranking.positions[-600:], ranking.scores[-600:])


def test_what_does_not_fit_into_memory_is_refused():
    queries, index = unit_vectors(24, 50), unit_vectors(25, 900)

    with pytest.raises(DataError, match=r"exact search of 50 queries in 900 rows.*GiB are allowed: "):
        search(queries, index, 10, memory_gib=1e-3)


@ways
def test_vectors_of_any_length_are_compared_exactly(way):
    queries = unit_vectors(19, 5, dim=300) * np.float32(1e4)
    index = unit_vectors(20, 400, dim=300) * np.logspace(-3, 3, 400, dtype=np.float32)[:, None]

    positions, scores = naive(queries, index, 10)
    ranking = search(queries, index, 10, **way)

    np.testing.assert_array_equal(ranking.positions, positions)
    np.testing.assert_allclose(ranking.scores, scores, rtol=1e-6)


@ways
def test_products_beyond_float32_are_ranked_by_their_scores(way):
    queries, index = unit_vectors(26, 4), unit_vectors(27, 500)
    queries[1:] *= np.float32(1e30)
    index[:480] *= np.float32(-1e30)

    expected = split_keys(exhaustive_keys(queries, index, 40))

    assert_same(search(queries, index, 40, **way), *expected[::-1])


@pytest.mark.parametrize(("n_queries", "n_index", "shape"), [(0, 9, (0, 4)), (3, 0, (3, 0)), (3, 2, (3, 2))])
def test_empty_and_short_indexes_clip_the_lists(n_queries, n_index, shape):
    ranking = search(unit_vectors(0, n_queries), unit_vectors(1, n_index), 4)

    assert ranking.positions.shape == shape
    assert ranking.n_index == n_index


def test_embeddings_sign_the_ranking():
    queries = Embeddings(np.array(["a", "b"]), unit_vectors(0, 2))
    index = Embeddings(np.array(["c", "d", "e"]), unit_vectors(1, 3))

    assert search(queries, index, 2).ids_fingerprint == ids_fingerprint(["a", "b"], ["c", "d", "e"])
    assert search(queries.vectors, index, 2).ids_fingerprint == ""
    assert search(queries, index, 2, ids_fingerprint="given").ids_fingerprint == "given"


@ways
@pytest.mark.parametrize("side", ["query", "index"])
def test_what_is_not_finite_is_refused(way, side):
    queries, index = unit_vectors(0, 5), unit_vectors(1, 300)
    {"query": queries, "index": index}[side][3, 2] = np.nan

    with pytest.raises(DataError, match=f"{side} row 3"):
        search(queries, index, 4, **way)


def test_what_does_not_fit_is_refused():
    with pytest.raises(DataError, match=r"\(2, 16\) and \(3, 8\)"):
        search(unit_vectors(0, 2), unit_vectors(1, 3, dim=8), 4)
    with pytest.raises(DataError, match="depth k"):
        search(unit_vectors(0, 2), unit_vectors(1, 3), 0)


def test_a_scan_in_bfloat16_is_followed_by_one_in_float32():
    assert choose_precisions("bfloat16", "tiled") == ("bfloat16", "float32")
    assert choose_precisions("float32", "tiled") == ("float32",)
    assert choose_precisions("auto", "faiss") == ("float32",)
    assert choose_precisions("auto", "torch") == ("float32",)
    assert len(choose_precisions("auto", "tiled")) == 1 + hardware.has_bfloat16_units()
    with pytest.raises(DataError, match="FAISS scans in float32"):
        choose_precisions("bfloat16", "faiss")


@pytest.mark.skipif(hardware.has_cuda(), reason="scans run on the GPU")
def test_auto_is_the_tiled_scan_only_in_bfloat16():
    assert choose_backend("auto", "auto", 10) == ("tiled" if hardware.has_bfloat16_units() else "faiss")
    assert choose_backend("auto", "float32", 10) == "faiss"
    assert choose_backend("auto", "bfloat16", 10) == "tiled"


def test_auto_takes_what_is_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    assert choose_backend("auto", "float32", 10) == ("torch" if hardware.has_cuda() else "tiled")
    monkeypatch.setitem(sys.modules, "numba", None)
    for scan in ("auto", "float32", "bfloat16"):
        assert choose_backend("auto", scan, 10) == "torch"


@pytest.mark.parametrize(("backend", "package"), [("tiled", "numba"), ("faiss", "faiss")])
def test_a_missing_package_is_named(monkeypatch, backend, package):
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(DataError, match=f"expected the package {package}"):
        choose_backend(backend, "auto", 10)
