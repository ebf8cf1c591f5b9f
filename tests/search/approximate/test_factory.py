import faiss
import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.search.approximate.factory import (
    bytes_per_vector,
    empty_index,
    fixed_bytes,
    is_graph,
    tune,
)

BYTES = {
    "Flat": 4 * 32,
    "SQ8": 32,
    "SQfp16": 64,
    "PQ8": 8,
    "PQ8x4fs": 4,
    "IVF16,Flat": 4 * 32 + 8,
    "IVF16,SQ8": 32 + 8,
    "OPQ8_16,IVF16,PQ8x4": 4 + 8,
    "PCA16,IVF16,SQ8": 16 + 8,
    "IDMap,Flat": 4 * 32 + 8,
    "IVF16,PQ8x4fs,RFlat": 4 + 8 + 4 * 32,
    "IVF16,PQ8,Refine(SQ8)": 8 + 8 + 32,
}


@pytest.mark.parametrize("factory", BYTES)
def test_bytes_are_known_before_building(factory):
    assert bytes_per_vector(empty_index(32, factory)) == BYTES[factory]


@pytest.mark.parametrize(
    "factory", ["SQ8", "HNSW8", "HNSW8_SQ8", "IVF16,SQ8", "IVF16_HNSW8,Flat", "PCA16,IVF16,SQ8"]
)
def test_bytes_are_those_of_the_file(factory):
    vectors = np.random.default_rng(0).standard_normal((6_000, 32)).astype(np.float32)
    index = empty_index(32, factory)
    index.train(vectors)

    expected = fixed_bytes(index) + len(vectors) * bytes_per_vector(index)

    index.add(vectors)
    assert faiss.serialize_index(index).nbytes == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("factory", ["IVF", "IVF16,Flatt", "PQ7", "", "Flat,Flat,Flat"])
def test_a_string_that_faiss_does_not_know_is_named(factory):
    with pytest.raises(DataError, match="search factory") as refused:
        empty_index(32, factory)
    assert repr(factory) in str(refused.value)
    assert "32 dimensions" in str(refused.value)


@pytest.mark.parametrize(
    ("factory", "graph"), [("HNSW8", True), ("IVF16_HNSW8,Flat", True), ("NSG8", True), ("IVF16,SQ8", False)]
)
def test_graphs_are_told_from_lists(factory, graph):
    assert is_graph(empty_index(32, factory)) == graph


def test_search_parameters_reach_the_part_that_has_them():
    transformed = empty_index(32, "PCA16,IVF16_HNSW8,SQ8")
    graph = empty_index(32, "HNSW8")

    tune(transformed, "PCA16,IVF16_HNSW8,SQ8", 5, 33)
    tune(graph, "HNSW8", None, 44)

    lists = faiss.extract_index_ivf(transformed)
    assert lists.nprobe == 5
    assert faiss.downcast_index(lists.quantizer).hnsw.efSearch == 33
    assert graph.hnsw.efSearch == 44


@pytest.mark.parametrize(
    ("factory", "n_probe", "ef_search", "field"),
    [("HNSW8", 4, None, "n_probe 4"), ("SQ8", None, 9, "ef_search 9"), ("IVF16,SQ8", None, 9, "ef_search 9")],
)
def test_a_parameter_that_an_index_lacks_is_refused(factory, n_probe, ef_search, field):
    with pytest.raises(DataError, match=f"{field}: the index '{factory}'"):
        tune(empty_index(32, factory), factory, n_probe, ef_search)
