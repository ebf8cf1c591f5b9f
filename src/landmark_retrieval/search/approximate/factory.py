"""FAISS indexes from an `index_factory` string: construction, memory estimate, search parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from landmark_retrieval.errors import DataError

_LEVEL_BYTES = 4 + 8 + 4  # of a vertex in a graph: its level, its offset, its links above the lowest level


def empty_index(dim: int, factory: str) -> Any:
    """An untrained `faiss.Index` for inner products.

    Raises:
        DataError: FAISS does not know the string, or it does not fit the dimension.
    """
    import faiss

    try:
        index = faiss.index_factory(dim, factory, faiss.METRIC_INNER_PRODUCT)
    except RuntimeError as error:
        raise DataError(
            f"search factory {factory!r}: expected a FAISS index_factory string for {dim} dimensions, "
            f"found {_reason(error)}"
        ) from error
    for part in _parts(index):
        if hasattr(part, "do_polysemous_training"):
            part.do_polysemous_training = False  # takes minutes, for a search by Hamming distance
    return index


def is_graph(index: Any) -> bool:
    """Whether the index links vectors in a graph, where several threads would depend on their timing."""
    return any(hasattr(part, "hnsw") or hasattr(part, "nsg") for part in _parts(index))


def bytes_per_vector(index: Any) -> float:
    """Memory of each vector that will be added."""
    part = _downcast(index)
    if hasattr(part, "base_index"):
        return bytes_per_vector(part.base_index) + bytes_per_vector(part.refine_index)
    if hasattr(part, "storage"):
        return bytes_per_vector(part.storage) + _link_bytes(part)
    if hasattr(part, "invlists"):
        return part.code_size + 8
    if hasattr(part, "index"):
        return bytes_per_vector(part.index) + (8 if hasattr(part, "id_map") else 0)
    return part.sa_code_size()


def fixed_bytes(index: Any) -> float:
    """Memory of the coarse centroids."""
    lists = [part for part in _parts(index) if hasattr(part, "invlists")]
    return sum(part.nlist * bytes_per_vector(part.quantizer) for part in lists)


def tune(index: Any, factory: str, n_probe: int | None, ef_search: int | None) -> None:
    """Set how many inverted lists (`n_probe`) and vertices of a graph (`ef_search`) a search visits.

    The graph may be that over the centroids of inverted lists; `factory` is for the error.

    Raises:
        DataError: the index has no lists, or no graph.
    """
    import faiss

    inverted = any(hasattr(part, "invlists") for part in _parts(index))
    ef_name = "quantizer_efSearch" if inverted else "efSearch"
    for field, name, value in (("n_probe", "nprobe", n_probe), ("ef_search", ef_name, ef_search)):
        if value is None:
            continue
        try:
            faiss.ParameterSpace().set_index_parameter(index, name, value)
        except RuntimeError as error:
            raise DataError(f"search {field} {value}: the index {factory!r} has no such parameter") from error


def _link_bytes(graph: Any) -> int:
    links = graph.hnsw.nb_neighbors(0) if hasattr(graph, "hnsw") else graph.nsg.R
    return 4 * links + _LEVEL_BYTES


def _parts(index: Any) -> Iterator[Any]:
    part = _downcast(index)
    yield part
    for name in ("index", "base_index", "refine_index", "storage", "quantizer"):
        inner = getattr(part, name, None)
        if inner is not None:
            yield from _parts(inner)


def _downcast(index: Any) -> Any:
    import faiss

    return faiss.downcast_index(index)


def _reason(error: RuntimeError) -> str:
    """Message of FAISS without its function and file."""
    return str(error).rsplit("Error: ", 1)[-1].strip()
