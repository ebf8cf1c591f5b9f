"""Decisions on overlapping landmarks, from candidates and verdicts."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any, Literal

import pandas as pd

from landmark_retrieval.overlap.settings import OverlapSettings
from landmark_retrieval.overlap.verdicts import VERDICTS, tally
from landmark_retrieval.tables import OverlapDecisions, column_types

logger = logging.getLogger(__name__)

Aggregate = Literal["same", "different", "undecided"]

NO_CANDIDATE = "no candidate, named by reviewers"


def aggregate_verdicts(
    same: int, different: int, unsure: int, rule: Literal["any", "majority", "all"]
) -> Aggregate:
    """Decision that a landmark's verdicts lead to.

    any: one "same" is enough to remove (CiDeR, overlap removal, step 4). majority: more "same" than
    "different"; a tie is undecided. all: every vote is "same"; one "different" is enough to keep, an "unsure"
    among "same" leaves it undecided. Whatever the rule, "different" alone keeps, and "unsure" alone decides
    nothing.
    """
    if not same:
        return "different" if different else "undecided"
    if rule == "majority" and same <= different:
        return "undecided" if same == different else "different"
    if rule == "all" and (different or unsure):
        return "different" if different else "undecided"
    return "same"


def decide_overlap(
    candidates: pd.DataFrame, verdicts: pd.DataFrame, settings: OverlapSettings, listed: Collection[int]
) -> pd.DataFrame:
    """What happens to each candidate, and to each landmark that somebody has judged, candidate or not.

    Verdicts decide (`aggregate_verdicts`). Without verdicts, landmarks of published lists (`listed`) are
    removed; other proposals, and those whose verdicts are undecided, are removed or kept by
    `settings.undecided`. The order of candidates (`tables.OverlapCandidates`), verdicts (`tables.Verdicts`)
    and files changes nothing.

    Returns:
        `tables.OverlapDecisions`, by id. `reason` is why it is a candidate, and the verdicts. `status` is
        "automatic" (no verdicts, the thresholds decided) or "listed" (no verdicts, it is on a list),
        "agreed", "contradicting" (verdicts for same and for different), "undecided" (verdicts that decide
        nothing, or a proposal kept for lack of verdicts).
    """
    known = candidates.set_index("landmark_id")[["name", "proposed", "reason"]]
    votes = tally(verdicts)
    table = known.join(votes, how="outer")
    table["proposed"] = table["proposed"].eq(True)
    table["name"] = table["name"].fillna("")
    table["said"] = table["said"].fillna("")
    table["reason"] = table["reason"].fillna(NO_CANDIDATE)
    table[list(VERDICTS)] = table[list(VERDICTS)].fillna(0).astype("int64")
    rows = [_decide(row, settings, row.Index in listed) for row in table.itertuples()]
    decided = pd.DataFrame(rows, table.index, columns=["removed", "status", "reason"])
    decisions = table.drop(columns="reason").join(decided).rename_axis("landmark_id").reset_index()
    types = column_types(OverlapDecisions)
    decisions = decisions.astype(types)[list(types)]
    _report(decisions)
    return decisions


def removed_landmarks(decisions: pd.DataFrame) -> dict[int, str]:
    """The landmarks that `decide_overlap` removes, with the reason for each."""
    removed = decisions[decisions["removed"]]
    return dict(zip(removed["landmark_id"].tolist(), removed["reason"].tolist(), strict=True))


def _decide(row: Any, settings: OverlapSettings, is_listed: bool) -> tuple[bool, str, str]:
    """Whether a landmark is removed, its status and its reason."""
    found = aggregate_verdicts(row.same, row.different, row.unsure, settings.rule)
    by_default = row.proposed and (settings.undecided == "remove" or (is_listed and not row.said))
    removed = found == "same" or (found == "undecided" and by_default)
    reasons = [row.reason]
    if row.said:
        reasons.append(f"{row.said} (rule: {settings.rule})")
    elif row.proposed and not is_listed:
        reasons.append("without a verdict")
    return removed, _status(row, found, is_listed, row.proposed and not removed), "; ".join(reasons)


def _status(row: Any, found: Aggregate, is_listed: bool, left_in: bool) -> str:
    if row.same and row.different:
        return "contradicting"
    if row.said:
        return "undecided" if found == "undecided" else "agreed"
    if is_listed:
        return "listed"
    return "undecided" if left_in else "automatic"


def _report(decisions: pd.DataFrame) -> None:
    counts = decisions["removed"].sum(), len(decisions), decisions["proposed"].sum()
    logger.info("%d of %d landmarks are removed (%d proposed)", *counts)
    for status in ("contradicting", "undecided"):
        ids = decisions.loc[decisions["status"] == status, "landmark_id"].tolist()
        if ids:
            logger.warning("verdicts %s on landmarks %s", status, ", ".join(map(str, ids)))
