from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.cleaning.spatial_cleaning import CleaningSettings, clean
from landmark_retrieval.errors import DataError

PAPER = {
    "method": "frequency",
    "neighbours": 1000,
    "max_verified": 100,
    "copies_verify": True,
    "min_inliers": 31,
    "min_verified_neighbours": 3,
    "min_landmark_size": 1,
    "too_small": "remove",
}
CODE = PAPER | {"min_inliers": 30, "min_landmark_size": 2}
COMPONENTS = {
    "method": "match_graph",
    "neighbours": 1000,
    "max_verified": 100,
    "copies_verify": True,
    "min_inliers": 30,
    "components": "largest",
    "min_component": 2,
    "min_landmark_size": 1,
    "too_small": "remove",
}


def decided(evidence, manifest, settings):
    return clean(evidence, manifest, CleaningSettings.model_validate(settings), "clean.evidence")


@pytest.fixture
def vector(make_manifest, make_evidence):
    """Evidence of x1 to x4, each with neighbours y0 to y3 of its own landmark (L1, L1, L2, L3)."""
    counts = {"x1": [31, 30, 45, 12], "x2": [31, 32, 33], "x3": [30, 30, 30], "x4": [90, 80]}
    landmark = {"x1": 1, "x2": 1, "x3": 2, "x4": 3}
    others = {f"{x}y{i}": landmark[x] for x in counts for i in range(len(counts[x]))}
    evidence = make_evidence([(x, f"{x}y{i}", c) for x, cs in counts.items() for i, c in enumerate(cs)])
    return evidence, make_manifest(landmark | others)


def outcome(manifest):
    x = manifest[manifest["image_id"].isin(["x1", "x2", "x3", "x4"])].set_index("image_id")
    return x.index[x["kept"]].tolist(), x["reason"].to_dict()


def test_rule_of_the_paper(vector):
    kept, reason = outcome(decided(*vector, PAPER))
    assert kept == ["x2"]
    assert reason == {
        "x1": "verified by 2 of 3 needed images",
        "x2": "verified by 3 images",
        "x3": "verified by 0 of 3 needed images",
        "x4": "verified by 2 of 3 needed images",
    }


def test_a_chosen_threshold_stands_behind_every_reason(vector):
    evidence, manifest = vector
    manifest.loc[0, ["kept", "reason"]] = False, "gone before"
    settings = CleaningSettings.model_validate(PAPER)
    plain, noted = (clean(evidence, manifest, settings, "e", note) for note in ("", " (auto)"))
    assert noted["kept"].tolist() == plain["kept"].tolist()
    assert noted["reason"][0] == "gone before"
    assert noted["reason"][1:].tolist() == [f"{reason} (auto)" for reason in plain["reason"][1:]]


def test_auto_has_to_be_chosen_before_it_decides(vector):
    auto = CleaningSettings.model_validate(PAPER | {"min_inliers": "auto"})
    with pytest.raises(DataError, match="auto has to be chosen first"):
        clean(*vector, auto, "e")
    table = pd.DataFrame({"min_inliers": [0, 10, 31, 40], "per_image": [9.0, 0.2, 0.01, 0.0]})
    assert auto.chosen(table, 0.01) == CleaningSettings.model_validate(PAPER)


def test_rule_of_the_code(vector):
    before, _ = outcome(decided(*vector, CODE | {"min_landmark_size": 1}))
    assert before == ["x1", "x2", "x3"]
    kept, reason = outcome(decided(*vector, CODE))
    assert kept == ["x1", "x2"]
    assert reason["x3"] == "landmark left with fewer than 2 images"
    assert reason["x4"] == "verified by 2 of 3 needed images"


def test_landmark_filter_of_the_code_would_empty_the_papers_result(vector):
    kept, _ = outcome(decided(*vector, PAPER | {"min_landmark_size": 2}))
    assert kept == []


def naive_frequency(evidence, manifest, settings):
    """Image by image."""
    landmark = {r.image_id: r.landmark_id for r in manifest.itertuples() if r.kept}
    kept = []
    for image in landmark:
        others = []
        for (first, second), asked, inliers in zip(
            evidence.image_ids[evidence.pairs].tolist(), evidence.direction, evidence.inliers, strict=True
        ):
            if inliers >= settings["min_inliers"]:
                others += [second] if image == first and asked in (1, 3) else []
                others += [first] if image == second and asked in (2, 3) else []
        if (
            sum(landmark.get(other) == landmark[image] for other in others)
            >= settings["min_verified_neighbours"]
        ):
            kept.append(image)
    size = {i: sum(landmark[i] == landmark[j] for j in kept) for i in kept}
    return [i for i in kept if size[i] >= settings["min_landmark_size"]]


def random_case(make_manifest, make_evidence, rng):
    """40 images under 6 landmarks, some left out before; each asks for every second other."""
    manifest = make_manifest({f"i{i}": int(rng.integers(6)) for i in rng.permutation(40)})
    manifest.loc[rng.random(40) < 0.15, ["kept", "reason"]] = [False, "earlier"]
    inliers = rng.integers(26, 34, (40, 40))
    asks = rng.random((40, 40)) < 0.5
    pairs = [(i, j) for i in range(40) for j in range(40) if i != j and asks[i, j]]
    return make_evidence([(f"i{i}", f"i{j}", int(inliers[min(i, j), max(i, j)])) for i, j in pairs]), manifest


@pytest.mark.parametrize(
    "settings", [PAPER | {"min_verified_neighbours": 2}, CODE, CODE | {"min_verified_neighbours": 1}]
)
def test_agrees_with_image_by_image(make_manifest, make_evidence, settings):
    evidence, manifest = random_case(make_manifest, make_evidence, np.random.default_rng(8))
    cleaned = decided(evidence, manifest, settings)
    expected = naive_frequency(evidence, manifest, settings)
    assert cleaned.loc[cleaned["kept"], "image_id"].tolist() == expected
    assert 0 < len(expected) < 35


@pytest.mark.parametrize("settings", [CODE, COMPONENTS])
def test_order_of_the_manifest_changes_nothing(make_manifest, make_evidence, settings):
    evidence, manifest = random_case(make_manifest, make_evidence, np.random.default_rng(9))
    order = np.random.default_rng(10).permutation(40)
    shuffled = decided(evidence, manifest.iloc[order], settings)
    expected = decided(evidence, manifest, settings).iloc[order].reset_index(drop=True)
    pd.testing.assert_frame_equal(shuffled, expected)


@pytest.mark.parametrize("settings", [CODE, COMPONENTS])
def test_size_of_the_blocks_changes_nothing(make_manifest, make_evidence, settings, monkeypatch):
    evidence, manifest = random_case(make_manifest, make_evidence, np.random.default_rng(9))
    whole = decided(evidence, manifest, settings)
    monkeypatch.setattr("landmark_retrieval.cleaning.verified_counts.BLOCK", 7)
    pd.testing.assert_frame_equal(decided(evidence, manifest, settings), whole)


@pytest.mark.parametrize("settings", [PAPER | {"min_verified_neighbours": 1}, COMPONENTS])
def test_removed_images_stay_removed_and_verify_nobody(make_manifest, make_evidence, settings):
    manifest = make_manifest({"a": 1, "b": 1, "c": 1, "d": 2, "e": 2})
    manifest.loc[[2, 4], ["kept", "reason", "evidence"]] = [False, "duplicate of a", "earlier.evidence"]
    evidence = make_evidence([(i, j, 99) for i in "abcde" for j in "abcde" if i != j])
    cleaned = decided(evidence, manifest, settings)
    assert cleaned["kept"].tolist() == [True, True, False, False, False]
    assert cleaned["reason"][[2, 4]].tolist() == ["duplicate of a"] * 2
    now, earlier = "clean.evidence", "earlier.evidence"
    assert cleaned["evidence"].tolist() == [now, now, earlier, now, earlier]


def test_a_pair_counts_for_the_image_that_lists_the_other(make_manifest, make_evidence):
    manifest = make_manifest({"a": 1, "b": 1, "c": 1})
    settings = PAPER | {"min_verified_neighbours": 1}
    forth, back = (
        decided(make_evidence([row]), manifest[:2], settings) for row in (("a", "b", 99), ("b", "a", 99))
    )
    assert forth["kept"].tolist() == [True, False]
    assert back["kept"].tolist() == [False, True]


def test_another_landmark_verifies_nobody(make_manifest, make_evidence):
    evidence = make_evidence([("a", "c", 99), ("b", "a", 99)])
    cleaned = decided(
        evidence, make_manifest({"a": 1, "b": 1, "c": 2}), PAPER | {"min_verified_neighbours": 1}
    )
    assert cleaned["kept"].tolist() == [False, True, False]
    assert cleaned["reason"][1:].tolist() == ["verified by 1 image", "verified by 0 of 1 needed image"]


def test_without_evidence_nothing_is_kept(make_manifest, make_evidence):
    manifest = make_manifest({"a": 1, "b": 1})
    for settings in (PAPER, COMPONENTS):
        cleaned = decided(make_evidence([], ["a", "b"]), manifest, settings)
        assert not cleaned["kept"].any()
    assert manifest["kept"].all()
    assert set(cleaned["reason"]) == {"in a component of 1 of 2 needed images"}


@pytest.mark.parametrize("settings", [CODE, COMPONENTS | {"min_component": 4, "min_landmark_size": 2}])
def test_landmarks_too_small_to_verify_can_be_kept(make_manifest, make_evidence, settings):
    """Two images of landmark 1 are left, one of 2, four of 3, all of which verify one of them."""
    manifest = make_manifest({"a": 1, "b": 1, "c": 1, "d": 2, "e": 3, "f": 3, "g": 3, "h": 3})
    manifest.loc[2, ["kept", "reason"]] = [False, "duplicate of a"]
    evidence = make_evidence([("a", "b", 9), *(("e", other, 99) for other in "fgh")])

    removed = decided(evidence, manifest, settings)
    cleaned = decided(evidence, manifest, settings | {"too_small": "keep"})
    small = manifest["landmark_id"] < 3
    assert not removed.loc[small, "kept"].any()
    assert cleaned.loc[small, "kept"].tolist() == [True, True, False, True]
    assert cleaned.loc[small, "reason"].tolist() == [
        "landmark of 2 images, too few to verify",
        "landmark of 2 images, too few to verify",
        "duplicate of a",
        "landmark of 1 image, too few to verify",
    ]
    assert set(cleaned.loc[small, "evidence"]) == {""}
    pd.testing.assert_frame_equal(cleaned[~small], removed[~small])


@pytest.mark.parametrize("settings", [CODE, COMPONENTS])
def test_an_empty_manifest(make_manifest, make_evidence, settings):
    assert decided(make_evidence([]), make_manifest({}), settings).empty


def test_evidence_of_other_images_is_an_error(make_manifest, make_evidence):
    with pytest.raises(DataError, match="image 'z' is not in the manifest"):
        decided(make_evidence([("a", "b", 3), ("a", "z", 3)]), make_manifest({"a": 1, "b": 1}), PAPER)
    with pytest.raises(DataError, match=r"manifest.*kept"):
        decided(make_evidence([]), make_manifest({"a": 1}).drop(columns="kept"), PAPER)
    between = replace(make_evidence([], ["a"]), other_ids=np.array(["b"]))
    with pytest.raises(DataError, match="within one set of images"):
        decided(between, make_manifest({"a": 1, "b": 1}), PAPER)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (PAPER | {"min_inlier": 3}, "min_inlier"),
        (COMPONENTS | {"min_verified_neighbours": 3}, "min_verified_neighbours"),
        (PAPER | {"method": "votes"}, "votes"),
        (COMPONENTS | {"components": "some"}, "components"),
    ],
)
def test_an_unknown_setting_is_an_error(settings, named):
    with pytest.raises(ValueError, match=named):
        CleaningSettings.model_validate(settings)


def test_search_settings_are_those_of_the_method():
    for settings in (PAPER, COMPONENTS):
        chosen = CleaningSettings.model_validate(settings | {"neighbours": 7, "max_verified": 5}).root
        assert (chosen.neighbours, chosen.max_verified) == (7, 5)
