"""Diffusion, online and offline, against conjugate gradients of SciPy for one query and one image at a time.

    PYTHONPATH=src python benchmarks/diffusion.py [--size S|M] [--part 200]

The loops follow the published algorithms as they are usually written: one sparse system, `cg` for each query
and a full sort of its solution (Iscen et al.); a slice of the system, `cg` and a sort for each image (Yang et
al.); a test of each list for mutual neighbours. They run on a part of the queries and images, and their
seconds are scaled to all. Solutions must agree; all neighbours come from the project's search.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import cg

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.diffusion.diffusion import Diffusion
from landmark_retrieval.reranking.diffusion.mutual_graph import mutual_graph, normalised
from landmark_retrieval.reranking.diffusion.offline_diffusion import OfflineDiffusionStep
from landmark_retrieval.reranking.diffusion.offline_diffusion_solving import solve_rows
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.offline_diffusion_rows import OfflineDiffusion
from landmark_retrieval.search.exact_search import search
from simulated import SIZES, landmarks_of, make_split
from timing import peak_mib, report, timed

ONLINE, OFFLINE = Diffusion(), OfflineDiffusionStep()


class Stopwatch(logging.Handler):
    """Keeps the seconds that the offline part logs: of the graph with its search, and of the systems."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        logger = logging.getLogger("landmark_retrieval.reranking.diffusion.offline_diffusion_solving")
        logger.setLevel(logging.INFO)
        logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """The last argument of the line."""
        self.seconds.append(record.args[-1])


def loop_graph(positions: NDArray[np.int64], cosines: NDArray[np.float32]) -> sparse.csr_matrix:
    """`I − αS` of the mutual graph, list by list."""
    n = len(positions)
    rows, columns, weights = [], [], []
    affinities = np.maximum(cosines, 0) ** 3
    for i in range(n):
        mutual = (positions[positions[i]] == i).any(axis=1) & (positions[i] != i)
        rows.append(np.full(mutual.sum(), i))
        columns.append(positions[i, mutual])
        weights.append(affinities[i, mutual])
    rows, columns, weights = map(np.concatenate, (rows, columns, weights))
    affinity = sparse.csr_matrix((weights.astype(np.float64), (rows, columns)), shape=(n, n))
    scale = sparse.diags(1 / np.sqrt(affinity @ np.ones(n) + 1e-12))
    return (sparse.eye(n) - 0.99 * scale @ affinity @ scale).tocsr()


def loop_online(system: sparse.csr_matrix, ranking: Ranking) -> list[tuple[NDArray, NDArray]]:
    """Solution and order of each query."""
    solved = []
    for rows, cosines in zip(ranking.positions[:, :10], ranking.scores[:, :10], strict=True):
        y = np.zeros(system.shape[0])
        y[rows] = np.maximum(cosines, 0) ** 3
        f, _ = cg(system, y, rtol=1e-6, maxiter=20)
        solved.append((f, np.argsort(-f)))
    return solved


def loop_offline(system: sparse.csr_matrix, lists: NDArray[np.int64]) -> list[tuple[NDArray, NDArray]]:
    """Solution and order of each image's row."""
    y = np.zeros(lists.shape[1])
    y[0] = 1
    solved = []
    for rows in lists:
        f, _ = cg(system[rows][:, rows], y, rtol=1e-6, maxiter=20)
        solved.append((f, np.argsort(-f)))
    return solved


def loop_combine(
    rows: OfflineDiffusion, ranking: Ranking, matrix: sparse.csr_matrix
) -> list[NDArray[np.int64]]:
    """The first 1,000 of each query, from a sparse matrix of rows."""
    lists = []
    for listed, cosines in zip(ranking.positions[:, :10], ranking.scores[:, :10], strict=True):
        scores = (np.maximum(cosines, 0) ** 3) @ matrix[listed]
        best = np.argpartition(-scores, rows.positions.shape[1])[: rows.positions.shape[1]]
        lists.append(best[np.argsort(-scores[best])])
    return lists


def make_inputs(size: str) -> RerankingInputs:
    """Queries and index."""
    sides = []
    for number, split in enumerate(("queries", "index")):
        vectors, _ = make_split(SIZES[size][split], landmarks_of(SIZES[size]), number)
        sides.append(Embeddings(np.array([f"{split}{i}" for i in range(len(vectors))]), vectors))
    nothing = [LabelPrediction(np.full(len(s), -1), np.zeros(len(s), np.float32)) for s in sides]
    return RerankingInputs(*sides, *nothing)


def compile_kernels() -> None:
    """Run everything once on a few images, so that compiling is not timed."""
    vectors, _ = make_split(200, 10, 1)
    few = Embeddings(np.array([str(i) for i in range(200)]), vectors)
    nothing = LabelPrediction(np.full(200, -1), np.zeros(200, np.float32))
    inputs = RerankingInputs(few, few, nothing, nothing)
    for step in (ONLINE, OFFLINE):
        step.apply(search(few, few, 100), inputs)


def online(inputs: RerankingInputs, ranking: Ranking, part: int) -> sparse.csr_matrix:
    """Graph and diffusion of queries; returns the loop's system."""
    neighbours = inputs.neighbours(ONLINE.k)
    known = RerankingInputs(
        inputs.queries, inputs.index, inputs.query_predictions, inputs.index_predictions, 100, neighbours
    )
    system, loop = timed(loop_graph, neighbours.positions, neighbours.scores)
    graph, ours = timed(
        lambda: normalised(mutual_graph(neighbours.positions, neighbours.scores, 3.0)), repeats=3
    )
    report("graph", len(neighbours.positions), loop, ours)
    print(f"  {len(graph.columns) / len(graph):.1f} edges an image")
    some = Ranking(ranking.positions[:part], ranking.scores[:part], ranking.n_index)
    solved, loop = timed(loop_online, system, some)
    ranked, ours = timed(ONLINE.apply, ranking, known)
    report(f"online, loop on {part} queries", ranking.n_queries, loop / part * ranking.n_queries, ours)
    for (f, order), scores in zip(solved, ranked.scores, strict=False):
        np.testing.assert_allclose(scores, f[order[:100]], rtol=1e-5)
    return system


def offline(inputs: RerankingInputs, ranking: Ranking, system: sparse.csr_matrix, part: int) -> None:
    """Rows of the inverse, and queries answered from them."""
    stopwatch, before = Stopwatch(), peak_mib()
    with tempfile.TemporaryDirectory() as folder:
        rows, total = timed(solve_rows, inputs.index, OFFLINE, Path(folder))
        peak, disk = peak_mib(), (rows.positions.nbytes + rows.values.nbytes) / 2**20
        graph, systems = stopwatch.seconds
        images = np.linspace(0, len(rows) - 1, part).astype(int)
        solved, loop = timed(loop_offline, system, rows.positions[images].astype(np.int64))
        report(f"offline, loop on {part} images", len(rows), loop / part * len(rows), systems)
        print(f"  whole offline part {total:.1f} s: search and graph {graph:.1f} s, systems {systems:.1f} s")
        print(f"  {disk:.0f} MiB on disk, peak memory {peak:.0f} MiB, before {before:.0f}")
        for (f, _), image in zip(solved, images, strict=True):
            np.testing.assert_allclose(rows.values[image], f, atol=1e-5 * f.max())
        answer(inputs, ranking, rows)


def answer(inputs: RerankingInputs, ranking: Ranking, rows: OfflineDiffusion) -> None:
    """Queries answered from the rows."""
    n, m = rows.positions.shape
    matrix = sparse.csr_matrix(
        (rows.values.ravel(), rows.positions.ravel(), np.arange(0, n * m + 1, m)), (n, n)
    )
    lists, loop = timed(loop_combine, rows, ranking, matrix)
    solved = RerankingInputs(
        inputs.queries,
        inputs.index,
        inputs.query_predictions,
        inputs.index_predictions,
        offline_diffusion=rows,
    )
    ranked, ours = timed(OFFLINE.apply, ranking, solved, repeats=3)
    report("queries from offline rows", ranking.n_queries, loop, ours)
    agree = np.mean([p[:100].tolist() == q.tolist() for p, q in zip(lists, ranked.positions, strict=True)])
    print(f"  lists of 100 agree for {agree:.1%} of the queries")


def main() -> None:
    """Both sides of every step."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=["S", "M"], default="S")
    parser.add_argument("--part", type=int, default=200, help="queries and images that the loops run on")
    arguments = parser.parse_args()
    compile_kernels()
    inputs = make_inputs(arguments.size)
    ranking = search(inputs.queries, inputs.index, 100)
    system = online(inputs, ranking, arguments.part)
    offline(inputs, ranking, system, arguments.part)


if __name__ == "__main__":
    main()
