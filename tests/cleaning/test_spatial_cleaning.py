import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.cleaning.spatial_cleaning import CleaningSettings, decide
from landmark_retrieval.errors import DataError

PAPER = CleaningSettings(
    neighbours=1000, max_verified=100, min_inliers=30, strict=True, min_frequency=3, min_landmark_size=1
)
CODE = PAPER.model_copy(update={"strict": False, "min_landmark_size": 2})


def evidence_of(rows):
    """From `(image_id, other_id, inliers)`."""
    table = pd.DataFrame(rows, columns=["image_id", "other_id", "inliers"]).astype(
        {"image_id": "str", "other_id": "str", "inliers": "int64"}
    )
    return table.assign(matches=table["inliers"] + 5)[["image_id", "other_id", "matches", "inliers"]]


@pytest.fixture
def vector(make_manifest):
    """Evidence of x1 to x4, each with neighbours y0 to y3 of its own landmark (L1, L1, L2, L3)."""
    counts = {"x1": [31, 30, 45, 12], "x2": [31, 32, 33], "x3": [30, 30, 30], "x4": [90, 80]}
    landmark = {"x1": 1, "x2": 1, "x3": 2, "x4": 3}
    others = {f"{x}y{i}": landmark[x] for x in counts for i in range(len(counts[x]))}
    evidence = evidence_of([(x, f"{x}y{i}", c) for x, cs in counts.items() for i, c in enumerate(cs)])
    return evidence, make_manifest(landmark | others)


def outcome(manifest):
    x = manifest[manifest["image_id"].isin(["x1", "x2", "x3", "x4"])].set_index("image_id")
    return x.index[x["kept"]].tolist(), x["reason"].to_dict()


def test_rule_of_the_paper(vector):
    kept, reason = outcome(decide(*vector, PAPER))
    assert kept == ["x2"]
    assert reason == {
        "x1": "verified by 2 of 3 needed images",
        "x2": "verified by 3 images",
        "x3": "verified by 0 of 3 needed images",
        "x4": "verified by 2 of 3 needed images",
    }


def test_rule_of_the_code(vector):
    before, _ = outcome(decide(*vector, CODE.model_copy(update={"min_landmark_size": 1})))
    assert before == ["x1", "x2", "x3"]
    kept, reason = outcome(decide(*vector, CODE))
    assert kept == ["x1", "x2"]
    assert reason["x3"] == "landmark left with fewer than 2 images"
    assert reason["x4"] == "verified by 2 of 3 needed images"


def test_landmark_filter_of_the_code_would_empty_the_papers_result(vector):
    kept, _ = outcome(decide(*vector, PAPER.model_copy(update={"min_landmark_size": 2})))
    assert kept == []


def naive_decide(evidence, manifest, settings):
    """Image by image."""
    landmark = {r.image_id: r.landmark_id for r in manifest.itertuples() if r.kept}
    kept = []
    for image in landmark:
        rows = [r for r in evidence.itertuples() if r.image_id == image and r.other_id != image]
        rows = [r for r in rows if landmark.get(r.other_id) == landmark[image]]
        least = settings.min_inliers + settings.strict
        passed = [r for r in rows if r.inliers >= least]
        if len(passed) >= settings.min_frequency:
            kept.append(image)
    size = {i: sum(landmark[i] == landmark[j] for j in kept) for i in kept}
    return [i for i in kept if size[i] >= settings.min_landmark_size]


@pytest.mark.parametrize("settings", [PAPER, CODE, CODE.model_copy(update={"min_frequency": 1})])
def test_agrees_with_image_by_image(make_manifest, settings):
    rng = np.random.default_rng(8)
    manifest = make_manifest({f"i{i}": int(rng.integers(6)) for i in range(40)})
    manifest.loc[rng.random(40) < 0.15, ["kept", "reason"]] = [False, "earlier"]
    pairs = [(f"i{i}", f"i{j}") for i in range(40) for j in range(40)]
    evidence = evidence_of([(a, b, int(rng.integers(26, 34))) for a, b in pairs])
    cleaned = decide(evidence, manifest, settings)
    expected = naive_decide(evidence, manifest, settings)
    assert cleaned.loc[cleaned["kept"], "image_id"].tolist() == expected
    assert 0 < len(expected) < 35
    order = rng.permutation(len(evidence))
    pd.testing.assert_frame_equal(decide(evidence.iloc[order], manifest, settings), cleaned)


def test_what_was_out_stays_out_and_verifies_nobody(make_manifest):
    manifest = make_manifest({"a": 1, "b": 1, "c": 1})
    manifest.loc[2, ["kept", "reason"]] = [False, "duplicate of a"]
    everyone = [(i, j, 99) for i in "abc" for j in "abc" if i != j]
    cleaned = decide(evidence_of(everyone), manifest, PAPER.model_copy(update={"min_frequency": 1}))
    assert cleaned["kept"].tolist() == [True, True, False]
    assert cleaned["reason"].tolist() == ["verified by 1 image", "verified by 1 image", "duplicate of a"]


def test_neither_itself_nor_another_landmark_verifies_an_image(make_manifest):
    evidence = evidence_of([("a", "a", 99), ("a", "c", 99), ("b", "a", 99)])
    cleaned = decide(
        evidence, make_manifest({"a": 1, "b": 1, "c": 2}), PAPER.model_copy(update={"min_frequency": 1})
    )
    assert cleaned["kept"].tolist() == [False, True, False]
    assert cleaned["reason"][2] == "verified by 0 of 1 needed image"


def test_without_evidence_nothing_is_kept(make_manifest):
    manifest = make_manifest({"a": 1, "b": 1})
    cleaned = decide(evidence_of([]), manifest, PAPER)
    assert not cleaned["kept"].any()
    assert manifest["kept"].all()


def test_an_empty_manifest(make_manifest):
    assert decide(evidence_of([]), make_manifest({}), CODE).empty


def test_evidence_of_an_unknown_image_is_an_error(make_manifest):
    with pytest.raises(DataError, match="other_id 'z' is not in the manifest"):
        decide(evidence_of([("a", "b", 3), ("a", "z", 3)]), make_manifest({"a": 1, "b": 1}), PAPER)
    with pytest.raises(DataError, match=r"manifest.*kept"):
        decide(evidence_of([]), make_manifest({"a": 1}).drop(columns="kept"), PAPER)


def test_an_unknown_setting_is_an_error():
    with pytest.raises(ValueError, match="min_inlier"):
        CleaningSettings(**PAPER.model_dump(), min_inlier=3)
