"""k-reciprocal re-ranking among all queries and index images, without a matrix of them all."""

from __future__ import annotations

from typing import Any

import numpy as np

from landmark_retrieval.arrays import Float32s, Float64s, Floats, Int32s, Int64s
from landmark_retrieval.ranking import PADDING, Ranking
from landmark_retrieval.search.blocks import read_blocks
from landmark_retrieval.search.exact.scores import pair_scores
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.search.sort_keys import smallest_keys, sort_keys, split_keys

_ROWS = 4_096  # rows of V made at once
_QUERIES = 64  # queries compared at once

Vectors = Floats


def rerank_in_whole_set(
    ranking: Ranking,
    queries: Vectors,
    index: Vectors,
    neighbours: Ranking,
    k1: int,
    k2: int,
    lambda_value: float,
    depth: int,
) -> Ranking:
    """The published algorithm: neighbourhoods among all queries and all index images.

    Formulas and other arguments are those of `k_reciprocal.shortlist_distances`, over the set of the queries,
    then the index. Candidates are the images of the list that there is, and all whose neighbourhoods have a
    member in common with that of the query. Where the list holds the `depth` nearest images, this is the
    head of a ranking of the whole index: any other image has the Jaccard distance 1 and `depth` nearer ones
    before it.

    `neighbours` are the `max(k1 + 1, k2)` nearest index images of each index image, exact.

    Returns:
        Lists of `min(depth, n_index)` images, scored by minus the distance.

    Raises:
        DataError: a descriptor holds NaN or infinity.
    """
    width = min(depth, len(index))
    positions = np.full((len(queries), width), PADDING, dtype=np.int64)
    scores = np.full((len(queries), width), -np.inf, dtype=np.float32)
    if positions.size == 0:
        return Ranking(positions, scores, ranking.n_index, ranking.ids_fingerprint)
    of_queries, of_index, farthest = _neighbourhoods(queries, index, neighbours, k1, k2)
    for start in range(0, len(queries), _QUERIES):
        chunk = slice(start, start + _QUERIES)
        rows, jaccard = _candidates(ranking.positions[chunk], of_queries[chunk], of_index)
        distances = _distances(pair_scores(queries[chunk], index, rows), farthest[chunk])
        final = (1 - lambda_value) * jaccard + lambda_value * distances
        similarity = np.where(rows == PADDING, -np.inf, -final).astype(np.float32)
        best = np.sort(smallest_keys(sort_keys(similarity, np.arange(rows.shape[1])), width), axis=1)
        columns = slice(best.shape[1])
        scores[chunk, columns], order = split_keys(best)
        positions[chunk, columns] = np.take_along_axis(rows, order, axis=1)
    return Ranking(positions, scores, ranking.n_index, ranking.ids_fingerprint)


def _neighbourhoods(
    queries: Vectors, index: Vectors, neighbours: Ranking, k1: int, k2: int
) -> tuple[Any, Any, Float64s]:
    """Averaged `V` of the queries by row, of the index by column; how far the farthest is of each query."""
    nearest = _nearest(queries, index, neighbours, max(k1 + 1, k2))
    farthest = _farthest(queries, index)
    weights = _weights(queries, index, nearest, farthest, k1)
    if k2 > 1:
        weights = _mean_over(nearest[:, :k2]) @ weights
    n = len(queries)
    return weights[:n], weights[n:].tocsc(), farthest[:n]


def _nearest(queries: Vectors, index: Vectors, neighbours: Ranking, k: int) -> Int32s:
    """The `k` nearest in the set of each of its members, `(n_set, k)` int32; ties by row, queries first."""
    lists = [
        _joined(search(block, queries, k), search(block, index, k), k)
        for _, block in read_blocks(queries, "query")
    ]
    for first, block in read_blocks(index, "index"):
        chunk = slice(first, first + len(block))
        known = Ranking(neighbours.positions[chunk, :k], neighbours.scores[chunk, :k], len(index))
        lists.append(_joined(search(block, queries, k), known, k))
    return np.concatenate(lists)


def _joined(among_queries: Ranking, among_index: Ranking, k: int) -> Int32s:
    rows = np.hstack([among_queries.positions, among_index.positions + among_queries.n_index])
    keys = np.sort(sort_keys(np.hstack([among_queries.scores, among_index.scores]), rows), axis=1)
    return split_keys(keys[:, :k])[1].astype(np.int32)


def _farthest(queries: Vectors, index: Vectors) -> Float64s:
    """Largest squared distance of each member of the set to another, `(n_set,)` float64."""
    lowest = [
        np.maximum(search(-block, queries, 1).scores[:, 0], search(-block, index, 1).scores[:, 0])
        for side, name in ((queries, "query"), (index, "index"))
        for _, block in read_blocks(side, name)
    ]
    return np.maximum(2 + 2 * np.concatenate(lowest).astype(np.float64), 0)


def _distances(cosines: Float32s, farthest: Float64s) -> Float64s:
    """Squared distances, each row divided by the farthest of its member; 0 where padded."""
    squared = np.maximum(2 - 2 * np.where(np.isneginf(cosines), 1, cosines.astype(np.float64)), 0)
    return np.divide(squared, farthest[:, None], out=np.zeros(squared.shape), where=farthest[:, None] > 0)


def _weights(queries: Vectors, index: Vectors, nearest: Int32s, farthest: Float64s, k1: int) -> Any:
    """`V`, a sparse float64 matrix in compressed rows, `(n_set, n_set)`."""
    from scipy.sparse import csr_array

    from landmark_retrieval.reranking.graphs.k_reciprocal_kernels import expanded_neighbours, half_reciprocal

    halves = half_reciprocal(nearest, k1)
    starts, columns, values = [np.zeros(1, dtype=np.int64)], [], []
    for offset, side, name in ((0, queries, "query"), (len(queries), index, "index")):
        for first, block in read_blocks(side, name, _ROWS):
            members = expanded_neighbours(nearest, halves, offset + first, offset + first + len(block), k1)
            listed = members != PADDING
            cosines = _cosines(block, queries, index, members)
            distances = _distances(cosines, farthest[offset + first : offset + first + len(block)])
            weights = np.where(listed, np.exp(-distances), 0)
            weights /= np.maximum(weights.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
            columns.append(members[listed])
            values.append(weights[listed])
            starts.append(starts[-1][-1] + np.cumsum(listed.sum(axis=1)))
    triple = np.concatenate(values), np.concatenate(columns), np.concatenate(starts)
    return csr_array(triple, shape=(len(nearest), len(nearest)))


def _cosines(block: Float32s, queries: Vectors, index: Vectors, members: Int32s) -> Float32s:
    """Cosines of rows with members of the set, `-inf` where padded."""
    n = len(queries)
    among_queries = np.where(members < n, members, PADDING).astype(np.int64)
    among_index = np.where(members >= n, members - n, PADDING).astype(np.int64)
    return np.maximum(pair_scores(block, queries, among_queries), pair_scores(block, index, among_index))


def _mean_over(nearest: Int32s) -> Any:
    """The sparse matrix that averages over the lists."""
    from scipy.sparse import csr_array

    n, k = nearest.shape
    return csr_array((np.full(n * k, 1 / k), nearest.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))


def _candidates(listed: Int64s, of_queries: Any, of_index: Any) -> tuple[Int64s, Float64s]:
    """Index rows that are listed, then those with common members, `-1` pads; and their Jaccard distances."""
    from numba import get_num_threads

    from landmark_retrieval.reranking.graphs.k_reciprocal_kernels import find_overlaps

    n_index = of_index.shape[0]
    met = np.diff(of_index.indptr)[of_queries.indices]
    most = np.add.reduceat(np.append(met, 0), of_queries.indptr[:-1]).max(initial=0)
    rows, overlaps = find_overlaps(
        np.array(listed, dtype=np.int64),  # always the compiled kind of array, also where lists are mapped
        *(of_queries.indptr.astype(np.int64), of_queries.indices, of_queries.data),
        *(of_index.indptr.astype(np.int64), of_index.indices, of_index.data),
        n_index,
        min(listed.shape[1] + int(most), n_index),
        get_num_threads(),
    )
    filled = int((rows != PADDING).sum(axis=1).max(initial=0))
    rows, overlaps = rows[:, :filled], overlaps[:, :filled]
    return rows, 1 - overlaps / (2 - overlaps)
