import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.manifests.difference import landmark_difference, manifest_difference
from landmark_retrieval.manifests.manifest import kept


def test_difference(make_manifest):
    before = make_manifest({"a": 1, "b": 1, "c": 2, "d": 2, "f": 5})
    after = make_manifest({"e": 3, "d": 4, "c": 2, "b": 1, "a": 1, "g": 6})
    before.loc[4, "reason"] = "before"
    after.loc[4, ["kept", "reason", "evidence"]] = [False, "landmark removed", "v2_clean.evidence"]
    after.loc[5, "kept"] = False
    difference = manifest_difference(before, after)
    assert difference["image_id"].tolist() == ["a", "d", "e", "f"]
    assert difference["change"].tolist() == ["removed", "relabelled", "added", "removed"]
    assert difference["landmark_before"].fillna(-1).tolist() == [1, 2, -1, 5]
    assert difference["landmark_after"].fillna(-1).tolist() == [-1, 4, 3, -1]
    assert difference["reason_before"].tolist() == ["as published", "as published", "", "before"]
    assert difference["reason"].tolist() == ["landmark removed", "as published", "as published", ""]
    assert difference["evidence"].tolist() == ["v2_clean.evidence", "", "", ""]


def test_difference_turns_round(make_manifest):
    before, after = make_manifest({"a": 1, "b": 1, "c": 2}), make_manifest({"b": 2, "c": 2, "d": 1})
    there, back = manifest_difference(before, after), manifest_difference(after, before)
    assert there["image_id"].tolist() == back["image_id"].tolist()
    opposite = {"added": "removed", "removed": "added", "relabelled": "relabelled"}
    assert there["change"].map(opposite).tolist() == back["change"].tolist()


def test_no_difference(make_manifest):
    manifest = make_manifest({"b": 1, "a": 1, "c": 2})
    assert manifest_difference(manifest, manifest.iloc[::-1]).empty
    assert landmark_difference(manifest, manifest.iloc[::-1]).empty


def naive_difference(before, after):
    """Image by image."""
    old, new = ({r.image_id: r for r in m.itertuples()} for m in (before, after))
    found = []
    for image in sorted(set(old) | set(new)):
        was = old[image].landmark_id if image in old and old[image].kept else None
        now = new[image].landmark_id if image in new and new[image].kept else None
        if was != now:
            change = "added" if was is None else "removed" if now is None else "relabelled"
            texts = [m[image].reason if image in m else "" for m in (old, new)]
            found.append([image, change, was, now, *texts, new[image].evidence if image in new else ""])
    return found


def random_manifest(make_manifest, rng, letter):
    """A few of 60 images under 7 landmarks, one in five left out."""
    ids = rng.permutation(60)[: rng.integers(20, 60)]
    manifest = make_manifest({f"i{i}": int(rng.integers(7)) for i in ids})
    reasons = pd.array([f"{letter}{n}" for n in rng.integers(3, size=len(ids))], dtype="str")
    return manifest.assign(kept=rng.random(len(ids)) < 0.8, reason=reasons, evidence=reasons)


@pytest.mark.parametrize("seed", range(5))
def test_difference_agrees_with_image_by_image(make_manifest, seed):
    rng = np.random.default_rng(seed)
    before, after = (random_manifest(make_manifest, rng, letter) for letter in "ba")
    difference = manifest_difference(before, after)
    rows = [[None if x is pd.NA else x for x in row] for row in difference.itertuples(index=False)]
    assert rows == naive_difference(before, after)


@pytest.mark.parametrize("seed", range(5))
def test_landmark_difference_agrees_with_landmark_by_landmark(make_manifest, seed):
    rng = np.random.default_rng(seed)
    before, after = (random_manifest(make_manifest, rng, letter) for letter in "ba")
    images = naive_difference(before, after)
    table = landmark_difference(before, after).set_index("landmark_id")
    assert table.index.tolist() == sorted({x for row in images for x in row[2:4] if x is not None})
    for landmark, row in table.iterrows():
        old, new = (
            {r.image_id for r in kept(m).itertuples() if r.landmark_id == landmark} for m in (before, after)
        )
        gone, came = ([r[1] for r in images if r[side] == landmark] for side in (2, 3))
        assert row["images_before"] == len(old)
        assert row["images_after"] == len(new)
        assert [row["removed"], row["relabelled_out"]] == [gone.count("removed"), gone.count("relabelled")]
        assert [row["added"], row["relabelled_in"]] == [came.count("added"), came.count("relabelled")]


def test_landmark_changes_have_names(make_manifest):
    before = make_manifest({"a": 1, "b": 1, "c": 2, "d": 3, "e": 4, "f": 5, "g": 6, "h": 6})
    after = make_manifest(
        {"a": 1, "b": 1, "c": 2, "d": 9, "e": 4, "f": 5, "i": 5, "k": 7, "g": 6, "h": 6, "j": 4}
    )
    after.loc[after["image_id"].isin(["b", "c", "e"]), ["kept", "reason"]] = [False, "verified by 0 images"]
    table = landmark_difference(before, after).set_index("landmark_id")
    assert table["change"].to_dict() == {
        1: "shrunk",
        2: "removed",
        3: "relabelled",
        4: "exchanged",
        5: "grown",
        7: "added",
        9: "added",
    }
    assert table.loc[1, "reasons"] == "removed 1: verified by 0 images"
    assert table.loc[3, "reasons"] == "relabelled out 1: as published"
    assert table.loc[4, "reasons"] == "added 1: as published; removed 1: verified by 0 images"


def test_reasons_are_counted_most_frequent_first(make_manifest):
    before = make_manifest(dict.fromkeys("abcdef", 1))
    after = make_manifest(dict.fromkeys("abcde", 1))
    after["kept"] = False
    after["reason"] = pd.array(["x", "y", "y", "x", "y"], dtype="str")
    reasons = landmark_difference(before, after)["reasons"].tolist()
    assert reasons == ["removed 3: y; removed 2: x; removed 1: not in the list"]
