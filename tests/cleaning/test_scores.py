import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.cleaning.overlap import propose_listed
from landmark_retrieval.cleaning.scores import score_cleaning, score_overlap
from landmark_retrieval.errors import DataError

FAULTS = {"a": "wrong label", "b": "irrelevant", "c": "irrelevant", "d": "", "elsewhere": "x"}
TRUTH = pd.DataFrame(FAULTS.items(), columns=["image_id", "fault"])


def test_leaving_out_is_scored_by_fault(make_manifest):
    manifest = make_manifest(dict.fromkeys("abcdefgh", 1))
    manifest["kept"] = [False, False, True, False, True, True, True, True]
    scores = score_cleaning(manifest, TRUTH).set_index(["measure", "fault"])
    counts = {key: (row["count"], row["total"]) for key, row in scores.iterrows()}
    assert counts == {
        ("precision", "any"): (2, 3),
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
    assert scores["value"].isna().tolist() == [True, False, False, False]
    assert scores["value"][1:].tolist() == [0, 0, 1]


def test_a_truth_that_is_none_is_an_error(make_manifest):
    manifest = make_manifest({"a": 1})
    with pytest.raises(DataError, match="no column 'fault'"):
        score_cleaning(manifest, TRUTH.drop(columns="fault"))
    with pytest.raises(DataError, match="'a' stands twice"):
        score_cleaning(manifest, pd.concat([TRUTH, TRUTH]))


def test_overlap_is_scored_by_landmark():
    scores = score_overlap(propose_listed(dict.fromkeys([1, 2, 3], "")), [2, 3, 4, 5])
    assert scores[["measure", "count", "total"]].to_numpy().tolist() == [
        ["precision", 2, 3],
        ["recall", 2, 4],
    ]
    assert score_overlap(propose_listed({}), [2])["value"].fillna(-1).tolist() == [-1, 0]
