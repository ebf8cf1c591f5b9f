"""The expansion step proper, of queries (AQE, αQE) and of the whole index (DBA, αDBA), against plain loops.

    PYTHONPATH=src python benchmarks/query_expansion.py [--size S|M]

Two loops, both with NumPy and image by image: one weighs and stacks neighbour after neighbour, as the
published code does; the other gathers the neighbours of an image at once and multiplies matrices. All are
given the same lists; no search is timed. The neighbours of an index image are those that follow it in the
order of landmarks, so that their rows lie scattered.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.expansion.database_augmentation import augment_index
from landmark_retrieval.reranking.expansion.query_expansion import expand_queries
from landmark_retrieval.search.exact_search import search
from simulated import SIZES, landmarks_of, make_split
from timing import peak_mib, report, timed

N_NEIGHBOURS, ALPHA = 9, 3.0
Vectors = NDArray[np.float32]
Loop = Callable[[Vectors, Vectors, NDArray[np.int64], float], Vectors]


def stacked(queries: Vectors, index: Vectors, positions: NDArray[np.int64], alpha: float) -> Vectors:
    """Neighbour after neighbour."""
    expanded = np.empty_like(queries)
    for i in range(len(queries)):
        weighted = [max(0.0, queries[i] @ index[j]) ** alpha * index[j] for j in positions[i]]
        mean = np.mean(np.vstack([queries[i], *weighted]), axis=0)
        expanded[i] = mean / np.linalg.norm(mean)
    return expanded


def gathered(queries: Vectors, index: Vectors, positions: NDArray[np.int64], alpha: float) -> Vectors:
    """The neighbours of an image at once."""
    expanded = np.empty_like(queries)
    for i in range(len(queries)):
        neighbours = index[positions[i]]
        total = queries[i] + np.maximum(neighbours @ queries[i], 0) ** alpha @ neighbours
        expanded[i] = total / np.linalg.norm(total)
    return expanded


def compare(
    step: str,
    ours: Callable[[], Vectors],
    queries: Vectors,
    index: Vectors,
    positions: NDArray[np.int64],
    alpha: float,
) -> None:
    """Time ours and both loops on the same input, the more often the less there is of it."""
    repeats = max(5, 50_000 // len(queries))
    before = peak_mib()
    expanded, seconds = timed(ours, repeats=repeats)
    grown = peak_mib() - before
    loops: dict[str, Loop] = {"stacked": stacked, "gathered": gathered}
    for name, loop in loops.items():
        expected, plain = timed(loop, queries, index, positions, alpha, repeats=1 + repeats // 10)
        report(f"{step}, {name}", len(queries), plain, seconds)
        print(f"  largest difference {np.abs(expanded - expected).max():.1e}")
    print(f"  ours raised the peak by {grown:.0f} MiB; the result has {expanded.nbytes / 2**20:.0f}")


def scattered_lists(landmarks: NDArray[np.int64], k: int) -> Ranking:
    """For each image itself and the `k - 1` that follow it in the order of landmarks."""
    order = np.argsort(landmarks, kind="stable")
    places = np.argsort(order)[:, None] + np.arange(k)
    positions = order[places % len(order)]
    return Ranking(positions, np.zeros(positions.shape, dtype=np.float32), len(order))


def main() -> None:
    """Queries first, then the index."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=["S", "M"], default="S")
    sizes = SIZES[parser.parse_args().size]
    queries, _ = make_split(sizes["queries"], landmarks_of(sizes), 0)
    index, landmarks = make_split(sizes["index"], landmarks_of(sizes), 1)

    listed = search(queries, index, N_NEIGHBOURS).positions
    expand_queries(queries[:2], index, listed[:2], ALPHA)  # compiles
    for step, alpha in (("AQE", 0.0), ("αQE", ALPHA)):
        compare(step, partial(expand_queries, queries, index, listed, alpha), queries, index, listed, alpha)
    neighbours = scattered_lists(landmarks, N_NEIGHBOURS + 1)
    others = neighbours.positions[:, 1:]
    for step, alpha in (("DBA", 0.0), ("αDBA", ALPHA)):
        augment = partial(augment_index, index, neighbours, N_NEIGHBOURS, alpha)
        compare(step, augment, index, index, others, alpha)


if __name__ == "__main__":
    main()
