import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.manifests.landmark_removal import remove_landmarks


def test_landmarks_are_removed_whole(make_manifest):
    manifest = make_manifest({"a": 7, "b": 7, "c": 8, "d": 9, "e": 10})
    manifest.loc[1, ["kept", "reason", "evidence"]] = [False, "wrong label", "v2_clean.evidence"]
    cleaned = remove_landmarks(manifest, {9: "seen", 7: "listed"}, "also in rparis6k", "decisions")
    assert cleaned["kept"].tolist() == [False, False, True, False, True]
    assert cleaned["reason"].tolist() == [
        "also in rparis6k: listed",
        "wrong label",
        "as published",
        "also in rparis6k: seen",
        "as published",
    ]
    assert cleaned["evidence"].tolist() == ["decisions", "v2_clean.evidence", "", "decisions", ""]
    assert manifest["kept"].sum() == 4


def test_no_landmark_removes_nothing(make_manifest):
    manifest = make_manifest({"a": 7})
    pd.testing.assert_frame_equal(remove_landmarks(manifest, {}, "overlap", ""), manifest)


def test_an_unknown_landmark_is_an_error(make_manifest):
    with pytest.raises(DataError, match="landmark 11 is to be removed, but is not in the manifest"):
        remove_landmarks(make_manifest({"a": 7}), {11: "listed"}, "overlap", "")
