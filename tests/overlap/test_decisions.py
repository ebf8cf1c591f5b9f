import itertools
import logging

import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.manifests.landmark_removal import remove_landmarks
from landmark_retrieval.overlap.decisions import (
    aggregate_verdicts,
    decide_overlap,
    removed_landmarks,
)
from landmark_retrieval.overlap.settings import OverlapSettings
from landmark_retrieval.tables import OverlapDecisions, column_types

SETTINGS = OverlapSettings(
    depth=9,
    min_inliers=11,
    min_images=1,
    name_similarity=None,
    max_namesakes=3,
    listed=(),
    rule="any",
    undecided="remove",
    expected=None,
)
CANDIDATES = pd.DataFrame(
    {
        "landmark_id": [1, 2, 3, 4, 5, 6],
        "name": ["one", "two", "three", "four", "five", "six"],
        "proposed": [True, True, True, True, True, False],
        "reason": ["seen", "seen", "seen", "seen", "listed", "seen by few"],
    }
)
LISTED = {5}
RULES = ("any", "majority", "all")


def verdicts_of(votes):
    rows = [
        (reviewer, landmark, verdict, note, f"{reviewer}.json") for reviewer, landmark, verdict, note in votes
    ]
    table = pd.DataFrame(rows, columns=["reviewer", "landmark_id", "verdict", "note", "file"])
    return table.astype({"landmark_id": "int64", "reviewer": "str", "verdict": "str", "note": "str"})


VOTES = [
    ("Ann", 2, "different", ""),
    ("Bo", 2, "different", "later copy"),
    ("Ann", 3, "same", ""),
    ("Bo", 3, "different", ""),
    ("Cy", 3, "different", ""),
    ("Ann", 4, "unsure", "dark"),
    ("Ann", 9, "same", "seen elsewhere"),
    ("Bo", 6, "same", ""),
]


def decide(votes=VOTES, candidates=CANDIDATES, listed=LISTED, **changed):
    settings = SETTINGS.model_copy(update=changed)
    return decide_overlap(candidates, verdicts_of(votes), settings, listed).set_index("landmark_id")


def naive_outcome(votes, rule):
    """The rules as sentences, over single votes."""
    decided = [vote for vote in votes if vote != "unsure"]
    if not decided:
        return "undecided"
    if all(vote == "different" for vote in decided):
        return "different"
    if rule == "any":
        return "same"
    if rule == "majority":
        more = sum(1 if vote == "same" else -1 for vote in decided)
        return "same" if more > 0 else "different" if more < 0 else "undecided"
    if any(vote == "different" for vote in decided):
        return "different"
    return "same" if len(decided) == len(votes) else "undecided"


@pytest.mark.parametrize("rule", RULES)
def test_outcome_of_all_small_votes(rule):
    for n in range(5):
        for votes in itertools.product(("same", "different", "unsure"), repeat=n):
            counted = [votes.count(verdict) for verdict in ("same", "different", "unsure")]
            assert aggregate_verdicts(*counted, rule) == naive_outcome(votes, rule), votes


def test_everybody_is_heard():
    table = decide()
    assert table["removed"].to_dict() == {1: True, 2: False, 3: True, 4: True, 5: True, 6: True, 9: True}
    assert table["status"].to_dict() == {
        1: "automatic",
        2: "agreed",
        3: "contradicting",
        4: "undecided",
        5: "listed",
        6: "agreed",
        9: "agreed",
    }
    assert table.loc[3, ["same", "different", "unsure"]].tolist() == [1, 2, 0]
    assert table["reason"].to_dict() == {
        1: "seen; without a verdict",
        2: "seen; different: Ann, Bo (later copy) (rule: any)",
        3: "seen; same: Ann; different: Bo, Cy (rule: any)",
        4: "seen; unsure: Ann (dark) (rule: any)",
        5: "listed",
        6: "seen by few; same: Bo (rule: any)",
        9: "no candidate, named by reviewers; same: Ann (seen elsewhere) (rule: any)",
    }
    assert table["proposed"].to_dict() == {1: True, 2: True, 3: True, 4: True, 5: True, 6: False, 9: False}


@pytest.mark.parametrize(("rule", "removed"), [("any", True), ("majority", False), ("all", False)])
def test_the_rule_settles_a_contradiction(rule, removed):
    table = decide(rule=rule)
    assert table.loc[3, ["removed", "status"]].tolist() == [removed, "contradicting"]


@pytest.mark.parametrize("rule", RULES)
def test_different_by_all_keeps_whatever_the_rule(rule):
    table = decide([("Ann", 1, "different", ""), ("Ann", 5, "different", "")], rule=rule)
    assert not table.loc[[1, 5], "removed"].any()
    assert (table.loc[[1, 5], "status"] == "agreed").all()


def test_what_nobody_decided_may_be_kept():
    table = decide(undecided="keep")
    assert table.loc[[1, 4], "removed"].tolist() == [False, False]
    assert table.loc[[1, 4], "status"].tolist() == ["undecided", "undecided"]
    assert table.loc[5, ["removed", "status"]].tolist() == [True, "listed"]


def test_unsure_about_a_listed_one_is_not_decided():
    unsure = [("Ann", 5, "unsure", "")]
    assert decide(unsure, undecided="keep").loc[5, ["removed", "status"]].tolist() == [False, "undecided"]
    assert decide(unsure).loc[5, ["removed", "status"]].tolist() == [True, "undecided"]


def test_a_tie_is_not_decided():
    tie = [("Ann", 1, "same", ""), ("Bo", 1, "different", "")]
    assert decide(tie, rule="majority").loc[1, ["removed", "status"]].tolist() == [True, "contradicting"]
    assert not decide(tie, rule="majority", undecided="keep").loc[1, "removed"]


def test_unsure_proposes_nothing():
    table = decide([("Ann", 6, "unsure", ""), ("Ann", 9, "unsure", "")])
    assert table.loc[[6, 9], "removed"].tolist() == [False, False]
    assert table.loc[[6, 9], "status"].tolist() == ["undecided", "undecided"]


def test_what_is_not_proposed_stays_without_votes():
    assert decide([]).loc[6, ["removed", "status", "reason"]].tolist() == [False, "automatic", "seen by few"]


@pytest.mark.parametrize("rule", RULES)
def test_order_changes_nothing(rule):
    settings = SETTINGS.model_copy(update={"rule": rule})
    table = decide_overlap(CANDIDATES, verdicts_of(VOTES), settings, LISTED)
    rng = np.random.default_rng(0)
    for _ in range(4):
        votes = [VOTES[i] for i in rng.permutation(len(VOTES))]
        candidates = CANDIDATES.iloc[rng.permutation(len(CANDIDATES))]
        again = decide_overlap(candidates, verdicts_of(votes), settings, LISTED)
        pd.testing.assert_frame_equal(again, table)


@pytest.mark.parametrize(("votes", "n"), [(VOTES, 6), ([], 6), (VOTES, 0), ([], 0)])
def test_types_of_columns(votes, n):
    table = decide_overlap(CANDIDATES.iloc[:n], verdicts_of(votes), SETTINGS, LISTED)
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == column_types(OverlapDecisions)


def test_contradicting_and_undecided_ones_are_told(caplog):
    with caplog.at_level(logging.INFO):
        decide()
    assert "6 of 7 landmarks are removed (5 proposed)" in caplog.text
    assert "verdicts contradicting on landmarks 3" in caplog.text
    assert "verdicts undecided on landmarks 4" in caplog.text


def test_the_manifest_tells_who_decided(make_manifest):
    manifest = make_manifest({str(i): i for i in range(1, 10)})
    decisions = decide().reset_index()
    why = removed_landmarks(decisions)
    after = remove_landmarks(manifest, why, "also in ox", "rgldv2_clean.overlap_decisions")
    assert after.loc[~after["kept"], "landmark_id"].tolist() == [1, 3, 4, 5, 6, 9]
    assert after["reason"].iloc[2] == "also in ox: seen; same: Ann; different: Bo, Cy (rule: any)"
