"""k-reciprocal re-ranking against the published matrices and loops, on the same input, in one run.

    PYTHONPATH=src python benchmarks/k_reciprocal.py [--size S|M]

The plain side holds all pairs of queries and index in float32 matrices, sorts every row whole and goes
through the images one by one. At M those matrices would take more than 80 GB, so it runs on shortlists only,
where the same code gets each query and its shortlist; of these it does a part, and times count per query.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from explore_exploit import inputs_of
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.graphs.k_reciprocal import KReciprocal
from landmark_retrieval.reranking.knn import KNN
from landmark_retrieval.search.exact_search import search
from simulated import SIZES, make_world
from timing import peak_mib, report, timed

K1, K2, LAMBDA = 20, 6, 0.3
PLAIN_SHORTLISTS, LIST = 40, 100

Matrix = NDArray[np.float32]


def plain(vectors: Matrix, n_queries: int) -> Matrix:
    """Distances of the first `n_queries` vectors to all others."""
    squared = 2 - 2 * (vectors @ vectors.T)
    np.maximum(squared, 0, out=squared)
    squared /= squared.max(axis=1, keepdims=True)
    ranks = np.argsort(squared, axis=1).astype(np.int32)
    weights = np.zeros_like(squared)
    for i in range(len(vectors)):
        members = expanded(ranks, i)
        weight = np.exp(-squared[i, members])
        weights[i, members] = weight / weight.sum()
    weights = np.stack([weights[ranks[i, :K2]].mean(axis=0) for i in range(len(vectors))])
    jaccard = jaccard_distances(weights, n_queries)
    return ((1 - LAMBDA) * jaccard + LAMBDA * squared[:n_queries])[:, n_queries:]


def expanded(ranks: NDArray[np.int32], i: int) -> NDArray[np.int32]:
    """Reciprocal neighbours of an image, and those of its neighbours that agree with it."""
    own = reciprocal(ranks, i, K1)
    members = own
    for j in own:
        half = reciprocal(ranks, j, int(np.around(K1 / 2)))
        if len(np.intersect1d(half, own)) > 2 / 3 * len(half):
            members = np.append(members, half)
    return np.unique(members)


def reciprocal(ranks: NDArray[np.int32], i: int, k: int) -> NDArray[np.int32]:
    """Neighbours that have the image among theirs."""
    forward = ranks[i, : k + 1]
    return forward[(ranks[forward, : k + 1] == i).any(axis=1)]


def jaccard_distances(weights: Matrix, n_queries: int) -> Matrix:
    """By lists of the images that have each member."""
    holders = [np.flatnonzero(column) for column in weights.T]
    jaccard = np.empty((n_queries, len(weights)), dtype=np.float32)
    for i in range(n_queries):
        overlap = np.zeros(len(weights), dtype=np.float32)
        for member in np.flatnonzero(weights[i]):
            rows = holders[member]
            overlap[rows] += np.minimum(weights[i, member], weights[rows, member])
        jaccard[i] = 1 - overlap / (2 - overlap)
    return jaccard


def plain_shortlists(queries: Matrix, index: Matrix, positions: NDArray[np.int64]) -> Matrix:
    """The same, for each query and its shortlist alone."""
    pairs = zip(queries, positions, strict=True)
    return np.concatenate([plain(np.vstack([query, index[listed]]), 1) for query, listed in pairs])


def differ(ranking: Ranking, distances: Matrix, listed: NDArray[np.int64] | None = None) -> str:
    """How far the scores lie from minus the distances, those of `listed` rows or of all."""
    if listed is None:
        shown = np.take_along_axis(distances, ranking.positions, axis=1)
    else:
        columns = (ranking.positions[:, :, None] == listed[:, None]).argmax(axis=2)
        shown = np.take_along_axis(distances, columns, axis=1)
    best = np.sort(distances, axis=1)[:, : ranking.depth]
    return f"   largest difference: {np.abs(shown + ranking.scores).max():.1e} of the images shown, " + (
        f"{np.abs(best + ranking.scores).max():.1e} of the best there are"
    )


def main() -> None:
    """Make the world, time both sides, check that they agree."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", choices=["S", "M"], default="S")
    size = parser.parse_args().size
    vectors, _ = make_world({split: SIZES[size][split] for split in ("queries", "index")})
    queries, index = vectors["queries"], vectors["index"]
    inputs = inputs_of(vectors)
    knn = KNN(k=LIST).apply(None, inputs)
    few = replace(inputs_of({"queries": queries[:3], "index": index[:200]}), depth=LIST)
    shortlist, whole = KReciprocal(), KReciprocal(scope="whole_set")
    for step in (shortlist, whole):
        step.apply(KNN(k=LIST).apply(None, few), few)  # compiles

    ranking, ours = timed(shortlist.apply, knn, inputs, repeats=3)
    listed = knn.positions[:PLAIN_SHORTLISTS]
    distances, loop = timed(plain_shortlists, queries[:PLAIN_SHORTLISTS], index, listed)
    head = Ranking(ranking.positions[:PLAIN_SHORTLISTS], ranking.scores[:PLAIN_SHORTLISTS], len(index))
    report("shortlists of 100", len(queries), loop * len(queries) / PLAIN_SHORTLISTS, ours)
    print(f"   the loop on {PLAIN_SHORTLISTS} queries\n" + differ(head, distances, listed))

    before = peak_mib()
    neighbours, seconds = timed(search, inputs.index, inputs.index, whole.neighbours_needed)
    inputs = replace(inputs, index_neighbours=neighbours)
    ranking, ours = timed(whole.apply, knn, inputs)
    print(f"whole set: {ours:.2f} s and {seconds:.2f} s for the neighbours in the index; ", end="")
    print(f"further memory {peak_mib() - before:.0f} MiB")
    if size == "S":
        before = peak_mib()
        distances, loop = timed(plain, np.vstack([queries, index]), len(queries))
        report("whole set, neighbours stored", len(queries), loop, ours)
        report("whole set, neighbours searched", len(queries), loop, ours + seconds)
        print(f"   further memory of the loop {peak_mib() - before:.0f} MiB\n" + differ(ranking, distances))


if __name__ == "__main__":
    main()
