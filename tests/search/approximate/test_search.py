import faiss
import numpy as np
import pytest

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.search.approximate.search import approximate_search, build_index
from landmark_retrieval.search.exact.scores import pair_scores
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.search.identity import ids_fingerprint

FACTORIES = ["HNSW8", "IVF16,Flat", "IVF16,SQ8", "PCA16,IVF16,PQ8x4", "IVF16,PQ8x4fs"]
factories = pytest.mark.parametrize("factory", FACTORIES)


def clustered(seed, n, dim=16):
    rng = np.random.default_rng(seed)
    modes = np.random.default_rng(99).standard_normal((40, dim))
    vectors = modes[rng.integers(0, 40, n)] + 0.3 * rng.standard_normal((n, dim))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(autouse=True)
def _one_thread():
    """FAISS's threads wait for each other at every step of its training."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    yield
    faiss.omp_set_num_threads(before)


@pytest.fixture(scope="module")
def world():
    return clustered(0, 60), clustered(1, 3_000)


@factories
def test_most_of_the_exact_result_is_found_with_true_scores(world, factory):
    queries, index = world
    exact = search(queries, index, 10)

    found = approximate_search(queries, index, 10, build_index(index, factory, 2_000), rescore=200)

    assert (found.scores >= exact.scores[:, -1:]).mean() > 0.5
    np.testing.assert_array_equal(found.scores, pair_scores(queries, index, found.positions))


def test_what_looks_at_everything_is_exact(world):
    queries, index = world
    exact = search(queries, index, 10)

    found = approximate_search(queries, index, 10, build_index(index, "IVF16,SQ8", 3_000), 500, n_probe=16)

    np.testing.assert_array_equal(found.positions, exact.positions)
    np.testing.assert_array_equal(found.scores, exact.scores)


def test_ties_come_by_row(world):
    queries, index = world
    doubled = np.vstack([index, index[::-1]])
    exact = search(queries, doubled, 10)

    built = build_index(doubled, "IVF16,Flat", 3_000)
    found = approximate_search(queries, doubled, 10, built, 100, n_probe=16)

    np.testing.assert_array_equal(found.positions, exact.positions)


def test_lists_are_padded_where_too_few_rows_are_found(world):
    queries, index = world
    built = build_index(index, "IVF64,Flat", 3_000)

    found = approximate_search(queries, index, 500, built, 500, n_probe=1)

    assert (found.lengths < 500).all()
    assert (found.lengths > 0).all()
    assert not np.isin(-1, found.positions[:, 0])


@factories
def test_the_same_vectors_give_the_same_index(world, factory):
    index = world[1]
    first = faiss.serialize_index(build_index(index, factory, 1_000, seed=3).faiss_index)

    again = build_index(index.astype(np.float64).astype(np.float32), factory, 1_000, seed=3)

    np.testing.assert_array_equal(faiss.serialize_index(again.faiss_index), first)


def test_memory_mapped_vectors_are_added_by_blocks(world, tmp_path):
    half = world[1].astype(np.float16)
    np.save(tmp_path / "index.npy", half)
    mapped = np.load(tmp_path / "index.npy", mmap_mode="r")

    by_blocks = build_index(mapped, "IVF16,SQ8", 2_000, block_rows=700)

    whole = build_index(half.astype(np.float32), "IVF16,SQ8", 2_000)
    assert by_blocks.record == whole.record
    np.testing.assert_array_equal(
        faiss.serialize_index(by_blocks.faiss_index), faiss.serialize_index(whole.faiss_index)
    )


def test_the_sample_follows_the_seed(world):
    built = [build_index(world[1], "IVF16,Flat", 500, seed=seed) for seed in (0, 1)]

    assert built[0].record != built[1].record
    assert not np.array_equal(*(faiss.serialize_index(b.faiss_index) for b in built))


def test_other_vectors_are_refused(world):
    queries, index = world
    built = build_index(index, "IVF16,Flat", 3_000)
    changed = index.copy()
    changed[2_999, 3] += np.float32(1e-6)

    for other in (changed, index[::-1], index[:-1]):
        approximate_search(queries, index, 5, built, 10)
        with pytest.raises(DataError, match="approximate index: made from"):
            approximate_search(queries, other, 5, built, 10)


def test_other_images_are_refused(world):
    queries, index = world
    named = Embeddings(np.array([f"i{row}" for row in range(3_000)]), index)
    named_queries = Embeddings(np.array([f"q{row}" for row in range(60)]), queries)
    built = build_index(named, "IVF16,Flat", 3_000)

    found = approximate_search(named_queries, named, 5, built, 10)
    assert found.ids_fingerprint == ids_fingerprint(named_queries.image_ids, named.image_ids)
    assert approximate_search(queries, index, 5, built, 10).ids_fingerprint == ""
    with pytest.raises(DataError, match="image ids"):
        approximate_search(named_queries, Embeddings(named.image_ids[::-1], index), 5, built, 10)


def test_too_few_vectors_for_a_factory_are_refused(world):
    with pytest.raises(DataError, match="'IVF256,Flat' of 100 vectors"):
        build_index(world[1][:100], "IVF256,Flat", 100)


def test_what_is_not_finite_is_refused(world):
    queries, index = world
    bad = index.copy()
    bad[7, 2] = np.nan
    bad_queries = queries.copy()
    bad_queries[59, 0] = np.inf

    with pytest.raises(DataError, match="index row 7"):
        build_index(bad, "IVF16,Flat", 3_000)
    with pytest.raises(DataError, match="query row 59"):
        approximate_search(bad_queries, index, 5, build_index(index, "IVF16,Flat", 3_000), 10)


def test_what_does_not_fit_into_memory_is_refused_before_it_is_built(world):
    with pytest.raises(
        DataError, match=r"'IVF16,Flat' of 3000 vectors takes .* are allowed: a factory with"
    ) as e:
        build_index(world[1], "IVF16,Flat", 100, block_rows=100, memory_gib=1e-4)
    assert "OPQ64_256,IVF4096,PQ64" in str(e.value)
    with pytest.raises(DataError, match="a smaller train_sample"):
        build_index(world[1], "IVF16,Flat", 3_000, block_rows=100, memory_gib=1e-4)
    built = build_index(world[1], "IVF16,Flat", 3_000)
    with pytest.raises(DataError, match="approximate search of 60 queries, k 10 takes"):
        approximate_search(world[0], world[1], 10, built, 10, memory_gib=1e-6)


@pytest.mark.gpu
@pytest.mark.parametrize("factory", ["IVF16,Flat", "IVF16,SQ8", "HNSW8"])
def test_on_gpus_too(world, factory):
    if faiss.get_num_gpus() == 0:
        pytest.skip("no CUDA device")
    queries, index = world
    found = approximate_search(queries, index, 10, build_index(index, factory, 2_000), rescore=200)
    assert (found.scores >= search(queries, index, 10).scores[:, -1:]).mean() > 0.5
