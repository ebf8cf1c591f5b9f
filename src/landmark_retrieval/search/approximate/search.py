"""Approximate nearest-neighbour search: candidates from a FAISS index, rescored exactly.

Scores are inner products of the full vectors, and ties are ordered as in the exact search. Only rows that
FAISS does not find can be missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from landmark_retrieval.arrays import Float32s, Floats
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.search.approximate.factory import (
    bytes_per_vector,
    empty_index,
    fixed_bytes,
    is_graph,
    tune,
)
from landmark_retrieval.search.approximate.index import (
    ApproximateIndex,
    IndexRecord,
    content_fingerprint,
    image_ids_digest,
)
from landmark_retrieval.search.blocks import BLOCK_ROWS, check_finite, read_blocks
from landmark_retrieval.search.exact.candidates import Candidates, rescore_candidates
from landmark_retrieval.search.identity import Vectors, check_search, fingerprint_of, vectors_of
from landmark_retrieval.search.memory import Estimate
from landmark_retrieval.search.sort_keys import WORST_KEY, split_keys

SMALL_FACTORY = "OPQ64_256,IVF4096,PQ64"
"""72 bytes a vector."""

_TRAINING_COPIES = 3  # the sample, its transformed copy, and the part that k-means works on
_GROWING = 2  # an array is copied when it grows
_QUERIES = 4_096  # searched together
_GPU_LIMIT = 2_048  # longest list and most probes of FAISS on a GPU


def build_index(
    index: Vectors,
    factory: str,
    train_sample: int,
    seed: int = 0,
    block_rows: int = BLOCK_ROWS,
    memory_gib: float | None = None,
) -> ApproximateIndex:
    """Train an index on a sample of the vectors and add all of them, block by block.

    Args:
        index: `(n_index, dim)` float32 or float16, possibly memory-mapped.
        factory: string of FAISS `index_factory`, such as `IVF4096,SQ8`.
        train_sample: vectors to train on, at most.
        seed: of the sample.
        block_rows: rows held at once.
        memory_gib: memory that may be taken; by default what is free.

    Raises:
        DataError: FAISS refuses the factory or cannot train on so few vectors, a vector is not finite, or the
            memory does not suffice.
    """
    import faiss

    vectors = vectors_of(index)
    n_index, dim = vectors.shape
    index_memory(n_index, dim, factory, train_sample, block_rows).require(memory_gib)
    empty = empty_index(dim, factory)
    record = IndexRecord(
        factory=factory,
        train_sample=train_sample,
        seed=seed,
        n_index=n_index,
        dim=dim,
        ids=image_ids_digest(index),
        content=content_fingerprint(vectors),
        faiss_version=faiss.__version__,
    )
    with _repeatable(empty):
        try:
            empty.train(_sample(vectors, train_sample, seed))
            for _, block in read_blocks(vectors, "index", block_rows):
                empty.add(block)
        except RuntimeError as error:
            raise DataError(f"search factory {factory!r} of {n_index} vectors: {error}") from error
    return ApproximateIndex(empty, record)


def approximate_search(
    queries: Vectors,
    index: Vectors,
    k: int,
    approximate: ApproximateIndex,
    rescore: int,
    n_probe: int | None = None,
    ef_search: int | None = None,
    ids_fingerprint: str | None = None,
    memory_gib: float | None = None,
) -> Ranking:
    """The `k` rows with the largest inner product among those that an approximate index finds.

    Args:
        queries: `(n_queries, dim)` float32 or float16.
        index: `(n_index, dim)`, the vectors that the approximate index was built from.
        k: length of the lists, clipped to `n_index`; padded where too few rows were found.
        approximate: selects candidates.
        rescore: candidates for each query, if more than `k`.
        n_probe: inverted lists to search, of an index that has them.
        ef_search: vertices of the graph to visit, of an index that has one.
        ids_fingerprint: of the ranking; by default of the image ids, if both sides have them.
        memory_gib: memory that may be taken; by default what is free.

    Raises:
        DataError: the approximate index is of other vectors or lacks a parameter, `k` is not positive, the
            dimensions differ, a vector is not finite, or the memory does not suffice.
    """
    query_vectors, index_vectors = vectors_of(queries), vectors_of(index)
    check_search(query_vectors, index_vectors, k)
    approximate.check(index)
    (n_queries, dim), n_index = query_vectors.shape, len(index_vectors)
    k, n_candidates = min(k, n_index), min(max(k, rescore), n_index)
    approximate_search_memory(n_queries, k, n_candidates, dim).require(memory_gib)
    tune(approximate.faiss_index, approximate.record.factory, n_probe, ef_search)
    faiss_index = _on_gpus(approximate.faiss_index, max(n_candidates, n_probe or 1))
    positions = np.empty((n_queries, k), dtype=np.int64)
    scores = np.empty((n_queries, k), dtype=np.float32)
    for start in range(0, n_queries if k else 0, _QUERIES):
        chunk = slice(start, start + _QUERIES)
        block = np.array(query_vectors[chunk], dtype=np.float32, order="C")
        check_finite(block, "query", start)
        _, found = faiss_index.search(block, n_candidates)
        candidates = Candidates(found, np.full(len(block), -np.inf))
        keys, _ = rescore_candidates(block, index_vectors, candidates, k)
        missing = keys == WORST_KEY
        chunk_scores, chunk_positions = split_keys(keys)
        scores[chunk] = np.where(missing, np.float32(-np.inf), chunk_scores)
        positions[chunk] = np.where(missing, PADDING, chunk_positions)
    return Ranking(positions, scores, n_index, fingerprint_of(queries, index, ids_fingerprint))


def index_memory(n_index: int, dim: int, factory: str, train_sample: int, block_rows: int) -> Estimate:
    """Bytes of `build_index`, its result included, the vectors that are given to it not.

    Raises:
        DataError: the factory string is unknown.
    """
    index = empty_index(dim, factory)
    each = bytes_per_vector(index)
    parts = {
        "index": int(_GROWING * n_index * each + fixed_bytes(index)),
        "training": _TRAINING_COPIES * min(train_sample, n_index) * dim * 4,
        "block": min(block_rows, n_index) * dim * 4 * 2,
    }
    remedies = {
        "index": f"a factory with less than its {each:.0f} bytes a vector, such as {SMALL_FACTORY!r}",
        "training": "a smaller train_sample",
        "block": "a smaller block_rows",
    }
    return Estimate(f"approximate index {factory!r} of {n_index} vectors", parts, remedies)


def approximate_search_memory(n_queries: int, k: int, n_candidates: int, dim: int) -> Estimate:
    """Bytes of `approximate_search`, its result included, index and vectors not."""
    parts = {
        "lists": n_queries * k * (8 + 4 + 8 + 4),
        "candidates": min(n_queries, _QUERIES) * (dim * 4 + n_candidates * (8 + 4 + 4 + 8 + 8)),
    }
    remedies = {"lists": "search fewer queries at once, or a smaller k", "candidates": "a smaller rescore"}
    return Estimate(f"approximate search of {n_queries} queries, k {k}", parts, remedies)


def _sample(vectors: Floats, n: int, seed: int) -> Float32s:
    rows = np.arange(len(vectors))
    if n < len(vectors):
        rows = np.sort(np.random.default_rng([seed, len(vectors)]).choice(len(vectors), n, replace=False))
    sample = np.ascontiguousarray(vectors[rows], dtype=np.float32)
    check_finite(sample, "sampled index")
    return sample


@contextmanager
def _repeatable(index: Any) -> Iterator[None]:
    """One thread for graphs, so that the same vectors give the same index."""
    import faiss

    threads = faiss.omp_get_max_threads()
    try:
        if is_graph(index):
            faiss.omp_set_num_threads(1)
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def _on_gpus(index: Any, largest: int) -> Any:
    """The index on all GPUs, or itself where there are none or they know no such index."""
    import faiss

    if largest > _GPU_LIMIT or not hasattr(faiss, "StandardGpuResources") or faiss.get_num_gpus() == 0:
        return index
    try:
        return faiss.index_cpu_to_all_gpus(index)
    except RuntimeError:
        return index
