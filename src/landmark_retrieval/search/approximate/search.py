"""Approximate search: FAISS proposes, the pairs are scored exactly.

The scores of a result are therefore inner products of the full vectors, and ties are settled as in the exact
search; what may be missing are rows that FAISS did not propose.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.search.approximate.factory import empty_index, is_graph, tune
from landmark_retrieval.search.approximate.index import (
    ApproximateIndex,
    IndexRecord,
    content_fingerprint,
    ids_fingerprint,
)
from landmark_retrieval.search.approximate.memory import approximate_search_memory, index_memory
from landmark_retrieval.search.blocks import BLOCK_ROWS, check_finite, read_blocks
from landmark_retrieval.search.exact.candidates import Proposals, settle
from landmark_retrieval.search.identity import Vectors, check_search, fingerprint_of, vectors_of
from landmark_retrieval.search.sort_keys import WORST_KEY, split_keys

_QUERIES = 4_096
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
        ids=ids_fingerprint(index),
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
    """The `k` rows with the largest inner product among those that an approximate index proposes.

    Args:
        queries: `(n_queries, dim)` float32 or float16.
        index: `(n_index, dim)`, the vectors that the approximate index was built from.
        k: length of the lists, clipped to `n_index`.
        approximate: proposes rows.
        rescore: rows proposed for each query, if more than `k`.
        n_probe: inverted lists that are looked through, of an index that has them.
        ef_search: vertices of the graph that are visited, of an index that has one.
        ids_fingerprint: of the ranking; by default of the image ids, if both sides have them.
        memory_gib: memory that may be taken; by default what is free.

    Returns:
        Lists ordered by (score descending, row ascending), padded where too few rows were proposed.

    Raises:
        DataError: the approximate index is of other vectors or lacks a parameter, `k` is not positive, the
            dimensions differ, a vector is not finite, or the memory does not suffice.
    """
    asked, searched = vectors_of(queries), vectors_of(index)
    check_search(asked, searched, k)
    approximate.check(index)
    k = min(k, len(searched))
    n_proposed = min(max(k, rescore), len(searched))
    approximate_search_memory(len(asked), k, n_proposed, _QUERIES, asked.shape[1]).require(memory_gib)
    tune(approximate.faiss_index, approximate.record.factory, n_probe, ef_search)
    proposer = _on_gpus(approximate.faiss_index, max(n_proposed, n_probe or 1))
    positions = np.empty((len(asked), k), dtype=np.int64)
    scores = np.empty((len(asked), k), dtype=np.float32)
    for start in range(0, len(asked) if k else 0, _QUERIES):
        chunk = slice(start, start + _QUERIES)
        block = np.array(asked[chunk], dtype=np.float32, order="C")
        check_finite(block, "query", start)
        _, proposed = proposer.search(block, n_proposed)
        scores[chunk], positions[chunk] = _best(block, searched, proposed, k)
    return Ranking(positions, scores, len(searched), fingerprint_of(queries, index, ids_fingerprint))


def _best(
    queries: NDArray[np.float32], index: NDArray[np.floating], proposed: NDArray[np.int64], k: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    keys, _ = settle(queries, index, Proposals(proposed, np.full(len(queries), -np.inf)), k)
    scores, positions = split_keys(keys)
    missing = keys == WORST_KEY
    return np.where(missing, np.float32(-np.inf), scores), np.where(missing, PADDING, positions)


def _sample(vectors: NDArray[np.floating], n: int, seed: int) -> NDArray[np.float32]:
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
