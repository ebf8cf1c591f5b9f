"""Soft voting and sort-step + insert-step against plain loops, on the same input, in one run.

    python benchmarks/reranking_step.py                                    # 1k queries, 10k index, 20k train
    python benchmarks/reranking_step.py --index 100000 --train 200000

The loops follow the published algorithms image by image, with a dictionary for the votes and a pandas table
for the index, as such code is usually written. The search is not timed; both sides must give the same lists.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

from landmark_retrieval.embeddings import normalise
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.insert_step import insert_by_landmark
from landmark_retrieval.reranking.sort_step import sort_by_landmark
from landmark_retrieval.search.exact import search
from landmark_retrieval.voting.soft_voting import soft_vote

K_VOTES, DEPTH, THRESHOLD = 3, 100, 0.6
IMAGES_PER_LANDMARK, MODES, DIM, SPREAD = 20, 3, 512, 0.05


def loop_votes(neighbours: Ranking, train_landmarks: np.ndarray) -> list[tuple[int, float]]:
    """Prediction of each image by a dictionary of votes."""
    predictions = []
    for rows, cosines in zip(neighbours.positions, neighbours.scores, strict=True):
        votes: dict[int, float] = {}
        for row, cosine in zip(rows, cosines, strict=True):
            votes[train_landmarks[row]] = votes.get(train_landmarks[row], 0.0) + float(cosine)
        winner = max(votes, key=lambda landmark: votes[landmark])
        predictions.append((int(winner), votes[winner] / K_VOTES))
    return predictions


def loop_sort_insert(ranking: Ranking, queries: LabelPrediction, index: LabelPrediction) -> list[list[int]]:
    """List of each query from a table of the index."""
    table = pd.DataFrame({"landmark": index.landmark_ids, "score": index.scores.astype(float)})
    lists = []
    for query in range(ranking.n_queries):
        listed = ranking.positions[query]
        landmark, score = queries.landmark_ids[query], float(queries.scores[query])
        positive = [row for row in listed if table["landmark"].iat[row] == landmark]
        negative = [row for row in listed if table["landmark"].iat[row] != landmark]
        same = table[table["landmark"] == landmark]
        same = same[~same.index.isin(listed) & (same["score"] + score >= THRESHOLD)]
        inserted = same.sort_values("score", ascending=False, kind="stable").index.tolist()
        lists.append((positive + inserted + negative)[:DEPTH])
    return lists


def sort_insert(ranking: Ranking, queries: LabelPrediction, index: LabelPrediction) -> Ranking:
    """The same by the project's functions."""
    ordered = sort_by_landmark(ranking, queries.landmark_ids, index.landmark_ids)
    return insert_by_landmark(ordered, queries, index, THRESHOLD, strict=False, depth=DEPTH)


def timed(function: Callable[..., Any], *arguments: Any, repeats: int = 1) -> tuple[Any, float]:
    """Result and seconds of the fastest call."""
    seconds = []
    for _ in range(repeats):
        started = perf_counter()
        result = function(*arguments)
        seconds.append(perf_counter() - started)
    return result, min(seconds)


def make_world(sizes: dict[str, int]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Embeddings and landmarks of each split: a few modes for each landmark, noise around each mode."""
    rng = np.random.default_rng(0)
    n_landmarks = sizes["train"] // IMAGES_PER_LANDMARK
    modes = normalise(rng.standard_normal((n_landmarks * MODES, DIM)))
    vectors, landmarks = {}, {}
    for split, n in sizes.items():
        drawn = rng.integers(0, len(modes), n)
        vectors[split] = normalise(modes[drawn] + rng.standard_normal((n, DIM)) * SPREAD)
        landmarks[split] = drawn // MODES
    return vectors, landmarks


def report(step: str, images: int, loop: float, ours: float) -> None:
    """One line of figures."""
    print(
        f"{step:14s} loop {loop:8.3f} s ({1e3 * loop / images:8.4f} ms each)   "
        f"ours {ours:7.4f} s ({1e3 * ours / images:7.4f} ms each)   ratio {loop / ours:6.0f}"
    )


def main() -> None:
    """Make the world, time both sides, check that they agree."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for split, n in {"queries": 1_000, "index": 10_000, "train": 20_000}.items():
        parser.add_argument(f"--{split}", type=int, default=n)
    sizes = vars(parser.parse_args())
    vectors, landmarks = make_world(sizes)
    asked = np.vstack([vectors["queries"], vectors["index"]])
    neighbours = search(asked, vectors["train"], K_VOTES)

    expected, loop = timed(loop_votes, neighbours, landmarks["train"])
    votes, ours = timed(soft_vote, neighbours, landmarks["train"], K_VOTES, repeats=5)
    agree = np.mean([label for label, _ in expected] == votes.landmark_ids)
    report("voting", len(asked), loop, ours)

    cut = sizes["queries"]
    queries, index = (
        LabelPrediction(votes.landmark_ids[part], votes.scores[part])
        for part in (slice(cut), slice(cut, None))
    )
    ranking = search(vectors["queries"], vectors["index"], DEPTH)
    lists, loop = timed(loop_sort_insert, ranking, queries, index)
    reranked, ours = timed(sort_insert, ranking, queries, index, repeats=5)
    same = np.mean(
        [row[row >= 0].tolist() == row_ for row, row_ in zip(reranked.positions, lists, strict=True)]
    )
    report("sort + insert", cut, loop, ours)
    print(f"agreement: predictions {agree:.2%}, lists {same:.2%}")


if __name__ == "__main__":
    main()
