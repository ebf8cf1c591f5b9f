"""Soft voting, sort-step + insert-step and the landmark-aware score against plain loops, on the same input.

    PYTHONPATH=src python benchmarks/reranking_step.py [--size S|M]

The loops follow the published algorithms image by image, as such code is usually written: for the votes the
table of training images as a dictionary from id to label and a counter of labels, for the re-ranking a pandas
table of the index with ids and labels, for the soft score NumPy per query. The search is not timed, so that
descriptors of a few columns do. Both sides must give the same lists.
"""

from __future__ import annotations

import argparse
from collections import Counter

import numpy as np
import pandas as pd

from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.labels.insert_step import insert_by_landmark
from landmark_retrieval.reranking.labels.landmark_aware import score_by_landmark, share_votes
from landmark_retrieval.reranking.labels.sort_step import sort_by_landmark
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.voting.soft_voting import soft_vote
from landmark_retrieval.voting.votes import Votes, collect_votes
from simulated import SIZES, make_world
from timing import report, timed

DIM, K_VOTES, DEPTH, THRESHOLD, ALPHA = 64, 3, 100, 0.6, 1.0


def loop_votes(neighbours: Ranking, train_ids: np.ndarray, label_of: dict[str, str]) -> pd.DataFrame:
    """Prediction of each image by a counter of votes."""
    predictions = []
    for rows, cosines in zip(neighbours.positions, neighbours.scores, strict=True):
        votes: Counter[str] = Counter()
        for train_id, cosine in zip(train_ids[rows], cosines, strict=True):
            votes[label_of[train_id]] += cosine / K_VOTES
        predictions.append(votes.most_common(1)[0])
    return pd.DataFrame(predictions, columns=["landmark_id", "score"])


def vote(neighbours: Ranking, landmarks: np.ndarray) -> LabelPrediction:
    """The same by the project's functions."""
    return soft_vote(collect_votes(neighbours, landmarks, K_VOTES), K_VOTES)


def loop_sort_insert(lists: list[list[str]], queries: pd.DataFrame, index: pd.DataFrame) -> list[list[str]]:
    """List of each query from a table of the index."""
    reranked = []
    for listed, landmark, score in zip(lists, queries["landmark_id"], queries["score"], strict=True):
        labels = index.loc[listed, "landmark_id"]
        positive = labels.index[labels == landmark].tolist()
        negative = labels.index[labels != landmark].tolist()
        same = index[index["landmark_id"] == landmark]
        same = same[~same.index.isin(listed) & (same["score"] + score >= THRESHOLD)]
        inserted = same.sort_values("score", ascending=False, kind="stable").index.tolist()
        reranked.append((positive + inserted + negative)[:DEPTH])
    return reranked


def sort_insert(ranking: Ranking, queries: LabelPrediction, index: LabelPrediction) -> Ranking:
    """The same by the project's functions."""
    ordered = sort_by_landmark(ranking, queries.landmark_ids, index.landmark_ids)
    return insert_by_landmark(ordered, queries, index, THRESHOLD, strict=False, depth=DEPTH)


def loop_landmark_aware(
    ranking: Ranking, vectors: tuple[np.ndarray, np.ndarray], asked: Votes, nearest: np.ndarray
) -> list[list[int]]:
    """List of each query: similarity plus the share of the image's landmark in the votes on the query."""
    queries, index = vectors
    reranked = []
    for query, listed in enumerate(ranking.positions):
        shares: Counter[int] = Counter()
        for landmark, cosine in zip(asked.landmark_ids[query], asked.cosines[query], strict=True):
            shares[landmark] += max(cosine, 0.0) / np.maximum(asked.cosines[query], 0).sum()
        found = np.flatnonzero(np.isin(nearest, list(shares)))
        rows = np.concatenate([listed, found[~np.isin(found, listed)]])
        bonus = np.array([shares[landmark] for landmark in nearest[rows]])
        scores = index[rows] @ queries[query] + ALPHA * bonus
        reranked.append(rows[np.argsort(-scores, kind="stable")][:DEPTH].tolist())
    return reranked


def compare_votes(neighbours: Ranking, landmarks: np.ndarray) -> tuple[LabelPrediction, float]:
    """Time both sides; the predictions, and how many are equal."""
    train_ids = np.char.add("t", np.arange(len(landmarks)).astype(str))
    label_of = dict(zip(train_ids.tolist(), landmarks.astype(str).tolist(), strict=True))
    expected, loop = timed(loop_votes, neighbours, train_ids, label_of)
    vote(neighbours, landmarks)  # loads the compiled loop
    prediction, ours = timed(vote, neighbours, landmarks, repeats=20)
    report("voting", neighbours.n_queries, loop, ours)
    same = expected["landmark_id"].to_numpy(dtype=np.int64) == prediction.landmark_ids
    return prediction, float(np.mean(same & np.isclose(expected["score"], prediction.scores, atol=1e-6)))


def compare_lists(ranking: Ranking, queries: LabelPrediction, index: LabelPrediction) -> float:
    """Time both sides; how many lists are equal."""
    ids = np.char.add("i", np.arange(ranking.n_index).astype(str))
    tables = [
        pd.DataFrame({"landmark_id": p.landmark_ids.astype(str), "score": p.scores}) for p in (queries, index)
    ]
    lists = [ids[row].tolist() for row in ranking.positions]
    expected, loop = timed(loop_sort_insert, lists, tables[0], tables[1].set_index(ids))
    sort_insert(ranking, queries, index)
    reranked, ours = timed(sort_insert, ranking, queries, index, repeats=20)
    report("sort-step + insert-step", ranking.n_queries, loop, ours)
    found = (ids[row[row >= 0]].tolist() for row in reranked.positions)
    return float(np.mean([row == other for row, other in zip(found, expected, strict=True)]))


def compare_landmark_aware(
    ranking: Ranking, vectors: tuple[np.ndarray, np.ndarray], votes: Votes, nearest: np.ndarray
) -> float:
    """Time both sides; how many lists are equal: the loop's cosines are float32, so that ties may differ."""
    shares = share_votes(votes, K_VOTES)
    arguments = ranking, *vectors, shares, nearest, ALPHA, DEPTH
    expected, loop = timed(loop_landmark_aware, ranking, vectors, votes, nearest)
    reranked, ours = timed(score_by_landmark, *arguments, repeats=3)
    report("landmark-aware score", ranking.n_queries, loop, ours)
    return float(
        np.mean([row.tolist() == other for row, other in zip(reranked.positions, expected, strict=True)])
    )


def main() -> None:
    """Make the world, time both sides, check that they agree."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=["S", "M"], default="S")
    vectors, landmarks = make_world(SIZES[parser.parse_args().size], DIM)
    neighbours = search(np.vstack([vectors["queries"], vectors["index"]]), vectors["train"], K_VOTES)
    prediction, same_labels = compare_votes(neighbours, landmarks["train"])

    cut = len(vectors["queries"])
    queries, index = (
        LabelPrediction(prediction.landmark_ids[part], prediction.scores[part])
        for part in (slice(cut), slice(cut, None))
    )
    ranking = search(vectors["queries"], vectors["index"], DEPTH)
    same_lists = compare_lists(ranking, queries, index)
    votes = collect_votes(neighbours, landmarks["train"], K_VOTES)
    same_soft = compare_landmark_aware(
        ranking,
        (vectors["queries"], vectors["index"]),
        Votes(votes.landmark_ids[:cut], votes.cosines[:cut]),
        votes.landmark_ids[cut:, 0],
    )
    print(f"agreement: predictions {same_labels:.2%}, lists {same_lists:.2%}, soft score {same_soft:.2%}")


if __name__ == "__main__":
    main()
