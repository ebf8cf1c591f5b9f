"""Verdicts of reviewers, counted by landmark."""

from __future__ import annotations

import pandas as pd

VERDICTS = ("same", "different", "unsure")
"""The same landmark as one of the evaluation set, another, or undecidable."""


def tally(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Votes of `tables.Verdicts` by `landmark_id`, whatever the order of the rows.

    How many said `same`, `different` and `unsure`, and `said`, all of it as text such as "same: Ann (the left
    tower), Bo; different: Cy".
    """
    ordered = verdicts.sort_values(["landmark_id", "reviewer"])
    counts = pd.crosstab(ordered["landmark_id"], ordered["verdict"])
    votes = counts.reindex(columns=list(VERDICTS), fill_value=0)
    said = {landmark: _said(of_landmark) for landmark, of_landmark in ordered.groupby("landmark_id")}
    votes = votes.astype("int64").rename_axis(columns=None)
    return votes.assign(said=pd.array([said[landmark] for landmark in votes.index], dtype="str"))


def _said(votes: pd.DataFrame) -> str:
    by_verdict = {verdict: votes[votes["verdict"] == verdict] for verdict in VERDICTS}
    return "; ".join(
        f"{verdict}: " + ", ".join(_voice(*voice) for voice in zip(of["reviewer"], of["note"], strict=True))
        for verdict, of in by_verdict.items()
        if len(of)
    )


def _voice(reviewer: str, note: str) -> str:
    words = " ".join(note.split())
    return f"{reviewer} ({words})" if words else reviewer
