"""The offline part of offline diffusion: rows of the inverse for every image of the index."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from landmark_retrieval.arrays import Float32s, Int32s
from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.diffusion.diffusion import diffuse_within
from landmark_retrieval.reranking.diffusion.diffusion_step import own_image_first
from landmark_retrieval.reranking.diffusion.mutual_graph import Graph, mutual_graph, normalised
from landmark_retrieval.reranking.offline_diffusion_rows import OfflineDiffusion, RowSettings
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.search.identity import ids_fingerprint
from landmark_retrieval.storage.atomic_write import atomic_write, remove_partials
from landmark_retrieval.storage.growing_array import GrowingArray
from landmark_retrieval.storage.parts import Arrays, InMemoryParts, Shards

logger = logging.getLogger(__name__)

SHARD_ROWS = 4_096

_FINISHED, _POSITIONS, _VALUES = "finished.txt", "positions.npy", "values.npy"

Source = Embeddings | Ranking
Block = tuple[Int32s, Float32s]


def solve_rows(
    source: Source, settings: RowSettings, folder: Path | None = None, shard_rows: int = SHARD_ROWS
) -> OfflineDiffusion:
    """For each image `i` solve `(I − αS) f = e_i` on the `n_trunc` images nearest to it.

    The part of `I − αS` that belongs to these images is taken as it is, not normalised again (late truncation
    of Yang et al.). An image leads its own list, also where duplicates have crowded it out.

    Args:
        source: embeddings of the index, which are searched a shard at a time, or the ranking of the index for
            its own images, at least `max(n_trunc, k_d)` deep.
        settings: of the rows.
        folder: where shards are left, so that a run that was stopped is continued, and in the end the result,
            which is memory-mapped; None holds everything in memory.
        shard_rows: images of a shard; the result does not depend on it.

    Raises:
        DataError: the ranking is not one of an index for its own images, or not deep enough.
    """
    n = _check(source, settings)
    fingerprint = (
        source.ids_fingerprint
        if isinstance(source, Ranking)
        else ids_fingerprint(source.image_ids, source.image_ids)
    )
    if folder is None:
        positions = np.empty((n, min(settings.n_trunc, n)), dtype=np.int32)
        values = np.empty(positions.shape, dtype=np.float32)
        for part, block in _solve(source, settings, InMemoryParts(), shard_rows):
            positions[part], values[part] = block
        return OfflineDiffusion(positions, values, settings.of_rows, fingerprint)
    shards = Shards(folder, _fingerprint(source, settings))
    if not _is_finished(shards):
        remove_partials(folder)
        blocks = (block for _, block in _solve(source, settings, shards, shard_rows))
        _finish(shards, (n, min(settings.n_trunc, n)), blocks)
    positions, values = (np.load(folder / name, mmap_mode="r") for name in (_POSITIONS, _VALUES))
    return OfflineDiffusion(positions, values, settings.of_rows, fingerprint)


def _check(source: Source, settings: RowSettings) -> int:
    """Number of index images."""
    if isinstance(source, Embeddings):
        return len(source)
    if source.n_queries != source.n_index:
        raise DataError(
            f"offline diffusion: expected a ranking of an index for its own images, found {source.n_queries} "
            f"lists over {source.n_index} images"
        )
    if source.depth < min(settings.neighbours_needed, source.n_index):
        raise DataError(
            f"offline diffusion: expected {settings.neighbours_needed} neighbours, found {source.depth}"
        )
    return source.n_index


def _solve(
    source: Source, settings: RowSettings, shards: Shards | InMemoryParts, shard_rows: int
) -> Iterator[tuple[slice, Block]]:
    """First the lists of all shards, for the graph, then the systems, shard by shard."""
    n = _check(source, settings)
    parts = [slice(start, min(start + shard_rows, n)) for start in range(0, n, shard_rows)]
    lists = {part.start: partial(_neighbours, source, settings, part) for part in parts}
    heads = np.empty((n, min(settings.k_d, n)), dtype=np.int32)
    cosines = np.empty(heads.shape, dtype=np.float32)
    started = perf_counter()
    for part in _progress(parts, "neighbours"):
        made = shards.get_or_compute(_name("neighbours", part), lists[part.start])
        heads[part], cosines[part] = made["heads"], made["cosines"]
    graph = normalised(mutual_graph(heads, cosines, settings.gamma))
    logger.info(
        "offline diffusion: %d edges of %d images in %.1f s", len(graph.columns), n, perf_counter() - started
    )
    started = perf_counter()
    for part in _progress(parts, "systems"):
        positions = shards.get_or_compute(_name("neighbours", part), lists[part.start])["positions"]
        make = partial(_values, graph, settings, part, positions)
        yield part, (positions, shards.get_or_compute(_name("values", part), make)["values"])
    logger.info("offline diffusion: %d systems in %.1f s", n, perf_counter() - started)


def _neighbours(source: Source, settings: RowSettings, part: slice) -> Arrays:
    """Lists of some images, each led by the image itself; similarities where the graph needs them."""
    if isinstance(source, Ranking):
        positions, scores = source.positions[part], source.scores[part]
    else:
        found = search(source.vectors[part], source.vectors, settings.neighbours_needed)
        positions, scores = found.positions, found.scores
    listed, cosines = own_image_first(positions, scores, np.arange(part.start, part.stop))
    return {
        "positions": listed[:, : settings.n_trunc],
        "heads": listed[:, : settings.k_d],
        "cosines": cosines[:, : settings.k_d],
    }


def _values(graph: Graph, settings: RowSettings, part: slice, positions: Int32s) -> Arrays:
    images = np.arange(part.start, part.stop)[:, None]
    ones = np.ones(images.shape)
    return {"values": diffuse_within(graph, positions, images, ones, settings, renormalise=False)}


def _progress(parts: list[slice], what: str) -> Iterable[slice]:
    return tqdm(parts, desc=f"offline diffusion: {what}", unit="shard", leave=False, disable=None)


def _name(what: str, part: slice) -> str:
    return f"{what}-{part.start:09d}-{part.stop:09d}"


def _fingerprint(source: Source, settings: RowSettings) -> str:
    """SHA-256 of what decides the rows."""
    digest = hashlib.sha256(settings.of_rows.encode())
    if isinstance(source, Embeddings):
        arrays: list[NDArray[Any]] = [source.vectors]
    else:
        depth = settings.neighbours_needed
        arrays = [source.positions[:, :depth], source.scores[:, : settings.k_d]]
    for array in arrays:
        digest.update(f"{array.dtype} {array.shape}".encode())
        for start in range(0, len(array), SHARD_ROWS):
            digest.update(np.ascontiguousarray(array[start : start + SHARD_ROWS]).tobytes())
    return digest.hexdigest()


def _is_finished(shards: Shards) -> bool:
    path = shards.folder / _FINISHED
    return path.is_file() and path.read_text(encoding="utf-8") == shards.fingerprint


def _finish(shards: Shards, shape: tuple[int, int], blocks: Iterable[Block]) -> None:
    """Join the shards; an older result is invalid as soon as one of its files is replaced."""
    finished = shards.folder / _FINISHED
    with atomic_write(shards.folder / _POSITIONS) as first, atomic_write(shards.folder / _VALUES) as second:
        with GrowingArray(first, np.int32) as positions, GrowingArray(second, np.float32) as values:
            for array in (positions, values):
                array.append(np.empty((0, shape[1])))
            for block in blocks:
                positions.append(block[0])
                values.append(block[1])
        finished.unlink(missing_ok=True)
    with atomic_write(finished) as partial_path:
        partial_path.write_text(shards.fingerprint, encoding="utf-8")
    shards.clear()
