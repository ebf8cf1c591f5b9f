import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.metrics.cleaning_quality import score_cleaning, score_overlap

FAULTS = {"a": "wrong label", "b": "irrelevant", "c": "irrelevant", "d": "", "elsewhere": "x"}
TRUTH = pd.DataFrame(FAULTS.items(), columns=["image_id", "fault"])


def test_leaving_out_is_scored_by_fault(make_manifest):
    manifest = make_manifest(dict.fromkeys("abcdefgh", 1))
    manifest["kept"] = [False, False, True, False, True, True, True, True]
    scores = score_cleaning(manifest, TRUTH).set_index(["measure", "fault"])
    counts = {key: (row["count"], row["total"]) for key, row in scores.iterrows()}
    assert counts == {
        ("precision", "any"): (2, 3),
        ("precision", "irrelevant"): (1, 3),
        ("precision", "wrong label"): (1, 3),
        ("recall", "any"): (2, 3),
        ("recall", "irrelevant"): (1, 2),
        ("recall", "wrong label"): (1, 1),
        ("kept", "none"): (4, 5),
    }
    assert scores.loc[("kept", "none"), "value"] == pytest.approx(0.8)
    order = np.random.default_rng(0).permutation(8)
    pd.testing.assert_frame_equal(
        score_cleaning(manifest.iloc[order], TRUTH.iloc[::-1]), score_cleaning(manifest, TRUTH)
    )


def test_nothing_left_out_has_no_precision(make_manifest):
    scores = score_cleaning(make_manifest({"a": 1, "d": 1}), TRUTH)
    for column in ("value", "low", "high"):
        assert scores[column].isna().tolist() == [True, True, False, False, False]
    assert scores["value"][2:].tolist() == [0, 0, 1]
    assert scores["low"][2:4].tolist() == [0, 0]
    assert scores["high"][4] == 1


def test_a_truth_that_is_none_is_an_error(make_manifest):
    manifest = make_manifest({"a": 1})
    with pytest.raises(DataError, match="no column 'fault'"):
        score_cleaning(manifest, TRUTH.drop(columns="fault"))
    with pytest.raises(DataError, match="'a' occurs twice"):
        score_cleaning(manifest, pd.concat([TRUTH, TRUTH]))


def test_overlap_is_scored_by_landmark():
    decisions = pd.DataFrame({"landmark_id": [1, 2, 3, 4], "removed": [True, True, True, False]})
    scores = score_overlap(decisions, [2, 3, 4, 5])
    assert scores[["measure", "count", "total"]].to_numpy().tolist() == [
        ["precision", 2, 3],
        ["recall", 2, 4],
    ]
    assert score_overlap(decisions[:0], [2])["value"].fillna(-1).tolist() == [-1, 0]


def test_intervals_are_the_shares_that_are_just_not_refused(make_manifest):
    manifest = make_manifest(dict.fromkeys("abcdefgh", 1))
    manifest["kept"] = [False, False, True, False, True, True, True, True]
    scores = score_cleaning(manifest, TRUTH)
    z = 1.959963984540054

    inner = scores[(scores["count"] > 0) & (scores["count"] < scores["total"])]
    for bound in (inner["low"], inner["high"]):
        distance = (inner["value"] - bound).abs() / np.sqrt(bound * (1 - bound) / inner["total"])
        np.testing.assert_allclose(distance, z)
    whole = scores[scores["count"] == scores["total"]]
    assert whole["high"].tolist() == [1.0] * len(whole)
