"""Settings of nearest-neighbour search, exact or approximate."""

from __future__ import annotations

from pydantic import Field

from landmark_retrieval.configuration import Settings
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.search.approximate.index import ApproximateIndex
from landmark_retrieval.search.approximate.search import approximate_search, build_index
from landmark_retrieval.search.exact_search import Backend, Scan, search
from landmark_retrieval.search.identity import Vectors


class SearchSettings(Settings):
    """Exact or approximate search and its parameters.

    Attributes:
        factory: string of FAISS `index_factory`; None searches exactly.
        n_probe: inverted lists that an approximate search visits; None keeps FAISS's default.
        ef_search: vertices of a graph that an approximate search visits; None keeps FAISS's default.
        rescore: rows that an approximate search scores exactly for each query, if more than `k`.
        train_sample: vectors that an approximate index is trained on, at most.
        seed: of that sample.
        backend: selects the candidates of the exact search; the result does not depend on it.
        scan: precision of the exact search's scan; the result does not depend on it.
        block_rows: index rows held in memory at once; the result does not depend on it.
        memory_gib: memory that a search may take, GiB; None is what is free.
    """

    factory: str | None
    n_probe: int | None = Field(gt=0)
    ef_search: int | None = Field(gt=0)
    rescore: int = Field(gt=0)
    train_sample: int = Field(gt=0)
    seed: int = Field(ge=0)
    backend: Backend
    scan: Scan
    block_rows: int = Field(gt=0)
    memory_gib: float | None = Field(gt=0)


def build_with(settings: SearchSettings, index: Vectors) -> ApproximateIndex:
    """Build the approximate index that the settings describe.

    Raises:
        DataError: `factory` is None, or the index cannot be built.
    """
    if settings.factory is None:
        raise DataError("search factory: expected a FAISS index_factory string to build, found none")
    return build_index(
        index,
        settings.factory,
        settings.train_sample,
        settings.seed,
        settings.block_rows,
        settings.memory_gib,
    )


def search_with(
    settings: SearchSettings,
    queries: Vectors,
    index: Vectors,
    k: int,
    approximate: ApproximateIndex | None = None,
    ids_fingerprint: str | None = None,
) -> Ranking:
    """The `k` index rows with the largest inner product, for each query; see `search`, `approximate_search`.

    `approximate` was built from the index with the same settings; it is built here if it is missing.

    Raises:
        DataError: as there, or `approximate` was built with other settings.
    """
    if settings.factory is None:
        options = (settings.backend, ids_fingerprint, settings.block_rows, settings.scan, settings.memory_gib)
        return search(queries, index, k, *options)
    approximate = approximate or build_with(settings, index)
    wanted = (settings.factory, settings.train_sample, settings.seed)
    made = (approximate.record.factory, approximate.record.train_sample, approximate.record.seed)
    if made != wanted:
        raise DataError(f"approximate index: expected (factory, train_sample, seed) {wanted}, found {made}")
    return approximate_search(
        queries,
        index,
        k,
        approximate,
        settings.rescore,
        settings.n_probe,
        settings.ef_search,
        ids_fingerprint,
        settings.memory_gib,
    )
