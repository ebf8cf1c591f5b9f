"""What the ground truth says about the photographs under a query, and how a page marks it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, Literal

import pandas as pd

Frame = Literal["query", "correct", "wrong", "ignored"]
GLYPHS: Final[Mapping[Frame, str]] = {"query": "?", "correct": "✓", "wrong": "✗", "ignored": "–"}

Judgements = Mapping[str, Mapping[str, Frame]]
"""For each query the images that are correct or ignored; all others are wrong."""


def judgements_of_solution(solution: pd.DataFrame, queries: Collection[str]) -> Judgements:
    """What a `tables.RetrievalSolution` says about some queries."""
    rows = solution[solution["image_id"].isin(list(queries))]
    pairs = zip(rows["image_id"], rows["relevant"], strict=True)
    return {query: dict.fromkeys(relevant, "correct") for query, relevant in pairs}


def judgements_of_revisited(relevance: pd.DataFrame, difficulty: str, queries: Collection[str]) -> Judgements:
    """What a `tables.RevisitedRelevance` says about some queries at `Easy`, `Medium` or `Hard`."""
    correct = {"Easy": {"easy"}, "Medium": {"easy", "hard"}, "Hard": {"hard"}}[difficulty]
    judgements: dict[str, dict[str, Frame]] = {query: {} for query in queries}
    for row in relevance[relevance["query_id"].isin(list(queries))].itertuples():
        judgements[str(row.query_id)][str(row.image_id)] = "correct" if row.grade in correct else "ignored"
    return judgements
