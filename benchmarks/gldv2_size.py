"""Voting and sort-step + insert-step at the size of Google Landmarks v2: seconds, and MiB beyond the inputs.

    PYTHONPATH=src python benchmarks/gldv2_size.py [--folder FOLDER]

Neighbours, predictions and first lists are simulated: landmarks with sizes that fall by a power law, scores
between 0 and 1, lists that hold up to 60 images of the query's landmark among others. Each step runs in a
process of its own that has read its inputs and run once on a part of them; the peak is that of the process
while the step runs, less what it held before.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.labels.insert_step import insert_by_landmark
from landmark_retrieval.reranking.labels.sort_step import sort_by_landmark
from landmark_retrieval.voting.soft_voting import soft_vote
from landmark_retrieval.voting.votes import collect_votes
from simulated import SIZES

N_QUERIES, N_INDEX, N_TRAIN = (SIZES["GLD-v2"][split] for split in ("queries", "index", "train"))
N_LANDMARKS, POWER, DEPTH, K_VOTES, THRESHOLD = 203_094, 0.75, 100, 3, 0.6
SAME, WARM = 60, 2_000
_CHUNK = 8_192

Arrays = dict[str, NDArray[Any]]


def draw_landmarks(rng: np.random.Generator, n: int) -> NDArray[np.int64]:
    """Landmarks of `n` images, the r-th most frequent in proportion to `r^-POWER`."""
    weights = np.arange(1, N_LANDMARKS + 1) ** -POWER
    names = np.random.default_rng(1).permutation(N_LANDMARKS)
    return names[np.searchsorted(np.cumsum(weights / weights.sum()), rng.random(n)).clip(max=N_LANDMARKS - 1)]


def draw_lists(rng: np.random.Generator, queries: NDArray[np.int64], index: NDArray[np.int64]) -> Ranking:
    """First lists: a random number of images of the query's landmark, among images from everywhere."""
    order = np.argsort(index, kind="stable")
    starts, ends = (np.searchsorted(index[order], queries, side) for side in ("left", "right"))
    counts = np.minimum(ends - starts, rng.integers(0, SAME + 1, len(queries)))
    width = len(index) // DEPTH
    positions = np.arange(DEPTH) * width + rng.integers(0, width, (len(queries), DEPTH))
    while (same := index[positions] == queries[:, None]).any():
        positions[same] = positions[same] // width * width + rng.integers(0, width, same.sum())
    for start in range(0, len(queries), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        column = np.arange(DEPTH)
        members = (starts[chunk, None] + column).clip(max=len(order) - 1)
        joined = np.where(column < counts[chunk, None], order[members], positions[chunk])
        positions[chunk] = rng.permuted(joined, axis=1)
    scores = -np.sort(-rng.random(positions.shape, dtype=np.float32), axis=1)
    return Ranking(positions, scores, len(index))


def simulate_lists() -> Arrays:
    """Predictions of queries and index, and first lists."""
    rng = np.random.default_rng(0)
    queries, index = draw_landmarks(rng, N_QUERIES), draw_landmarks(rng, N_INDEX)
    lists = draw_lists(rng, queries, index)
    return {
        "positions": lists.positions,
        "scores": lists.scores,
        "query_landmarks": queries,
        "query_scores": rng.random(N_QUERIES, dtype=np.float32),
        "index_landmarks": index,
        "index_scores": rng.random(N_INDEX, dtype=np.float32),
    }


def simulate_neighbours() -> Arrays:
    """Nearest training images of all index images and queries: of two in three the same landmark."""
    rng = np.random.default_rng(2)
    n = N_QUERIES + N_INDEX
    train = draw_landmarks(rng, N_TRAIN)
    order, width = np.argsort(train, kind="stable"), N_TRAIN // K_VOTES
    near = rng.integers(0, N_TRAIN - K_VOTES, n)[:, None] + np.arange(K_VOTES)
    far = np.arange(K_VOTES) * width + rng.integers(0, width, (n, K_VOTES))
    rows = np.where(rng.random((n, 1)) < 2 / 3, order[near], far)
    return {
        "positions": rows,
        "scores": -np.sort(-rng.random(rows.shape, dtype=np.float32), axis=1),
        "train_landmarks": train,
    }


def sort_and_insert(inputs: Arrays, n: int) -> Callable[[], Any]:
    """Both steps for the first `n` queries."""
    lists = Ranking(inputs["positions"][:n], inputs["scores"][:n], N_INDEX)
    queries = LabelPrediction(inputs["query_landmarks"][:n], inputs["query_scores"][:n])
    index = LabelPrediction(inputs["index_landmarks"], inputs["index_scores"])

    def run() -> Ranking:
        ordered = sort_by_landmark(lists, queries.landmark_ids, index.landmark_ids)
        return insert_by_landmark(ordered, queries, index, THRESHOLD, strict=False, depth=DEPTH)

    return run


def vote(inputs: Arrays, n: int) -> Callable[[], Any]:
    """Predictions of the first `n` images."""
    neighbours = Ranking(inputs["positions"][:n], inputs["scores"][:n], N_TRAIN)
    return lambda: soft_vote(collect_votes(neighbours, inputs["train_landmarks"], K_VOTES), K_VOTES)


STEPS = {
    "sort-step + insert-step": (simulate_lists, sort_and_insert, N_QUERIES),
    "voting": (simulate_neighbours, vote, N_QUERIES + N_INDEX),
}


def resident_mib(field: str) -> float:
    """Memory of this process, MiB: `VmRSS` now, `VmHWM` at its peak."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith(field)) / 1024


def measure(step: str, path: Path) -> None:
    """Read the inputs of a step, run it, print its cost."""
    _, prepare, n = STEPS[step]
    with np.load(path) as file:
        inputs = {name: file[name] for name in file}
    started = perf_counter()
    prepare(inputs, WARM)()
    first = perf_counter() - started
    run = prepare(inputs, n)
    gc.collect()
    before = resident_mib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    started = perf_counter()
    result = run()
    seconds = perf_counter() - started
    beyond = resident_mib("VmHWM") - before
    held = sum(array.nbytes for array in inputs.values()) / 2**20
    print(
        f"{step:24s} {n} images in {seconds:6.2f} s, {beyond:5.0f} MiB beyond the inputs ({held:.0f} MiB); "
        f"first {WARM} with loading {first:.2f} s",
        flush=True,
    )
    if isinstance(result, Ranking):
        inserted = (result.positions != inputs["positions"]).any(axis=1).mean()
        print(f"{'':24s} {inserted:.0%} of the lists changed, {result.lengths.mean():.0f} images a list")


def main() -> None:
    """Simulate the inputs, and measure each step in a fresh process."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, help="where the simulated inputs are kept meanwhile")
    processes = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(dir=parser.parse_args().folder) as folder:
        for number, (step, (simulate, *_)) in enumerate(STEPS.items()):
            path = Path(folder) / f"{number}.npz"
            np.savez(path, **simulate())
            process = processes.Process(target=measure, args=(step, path))
            process.start()
            process.join()
            if process.exitcode:
                raise SystemExit(process.exitcode)


if __name__ == "__main__":
    main()
