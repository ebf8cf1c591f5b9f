import hashlib

import pandas as pd
import pytest

from landmark_retrieval.cleaning.manifest import as_published, kept, manifest_difference, manifest_fingerprint
from landmark_retrieval.errors import DataError
from landmark_retrieval.tables import Manifest, TrainImages


@pytest.fixture
def manifest(make_manifest):
    return make_manifest({"b": 1, "a": 1, "c": 2})


def test_as_published_keeps_everything(manifest):
    train = manifest[["image_id", "path", "width", "height", "landmark_id"]].iloc[::-1]
    published = as_published(train, "gldv2")
    Manifest.validate(published)
    assert published["image_id"].tolist() == ["c", "a", "b"]
    assert published["kept"].all()
    assert set(published["reason"]) == {"as published"}
    assert set(published["source"]) == {"gldv2"}
    assert as_published(train.iloc[:0], "gldv2").empty


def test_kept_images_are_a_train_table(manifest):
    manifest.loc[1, "kept"] = False
    train = kept(manifest)
    TrainImages.validate(train)
    assert train["image_id"].tolist() == ["b", "c"]
    assert train.index.tolist() == [0, 1]


def test_fingerprint_is_of_these_lines(manifest):
    landmarks = [("a", 1), ("b", 1), ("c", 2)]
    lines = [f'["{image}",{landmark},true,"as published","gldv2"]\n' for image, landmark in landmarks]
    assert manifest_fingerprint(manifest) == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_neither_order_nor_format_nor_place_changes_the_fingerprint(manifest, tmp_path):
    manifest.loc[0, "reason"] = "«außen», 100 %\n"
    same = manifest_fingerprint(manifest)
    assert manifest_fingerprint(manifest.iloc[[2, 0, 1]]) == same
    assert manifest_fingerprint(manifest.assign(path="elsewhere", width=7)) == same
    manifest.to_parquet(tmp_path / "m.parquet", index=False)
    assert manifest_fingerprint(pd.read_parquet(tmp_path / "m.parquet")) == same


@pytest.mark.parametrize(
    ("column", "value"),
    [("image_id", "bb"), ("landmark_id", 3), ("kept", False), ("reason", "other"), ("source", "gldv1")],
)
def test_every_content_changes_the_fingerprint(manifest, column, value):
    changed = manifest.copy()
    changed.loc[0, column] = value
    assert manifest_fingerprint(changed) != manifest_fingerprint(manifest)


def test_fingerprint_of_no_manifest_is_an_error(manifest):
    with pytest.raises(DataError, match=r"manifest.*reason"):
        manifest_fingerprint(manifest.drop(columns="reason"))
    with pytest.raises(DataError, match=r"manifest.*image_id"):
        manifest_fingerprint(pd.concat([manifest, manifest]))


def test_difference(make_manifest):
    before = make_manifest({"a": 1, "b": 1, "c": 2, "d": 2, "f": 5})
    after = make_manifest({"e": 3, "d": 4, "c": 2, "b": 1, "a": 1, "g": 6})
    after.loc[4, ["kept", "reason"]] = [False, "landmark removed"]
    after.loc[5, "kept"] = False
    difference = manifest_difference(before, after)
    assert difference["image_id"].tolist() == ["a", "d", "e", "f"]
    assert difference["change"].tolist() == ["removed", "relabelled", "added", "removed"]
    assert difference["landmark_before"].fillna(-1).tolist() == [1, 2, -1, 5]
    assert difference["landmark_after"].fillna(-1).tolist() == [-1, 4, 3, -1]
    assert difference["reason"].tolist() == ["landmark removed", "as published", "as published", ""]


def test_difference_turns_round(make_manifest):
    before, after = make_manifest({"a": 1, "b": 1, "c": 2}), make_manifest({"b": 2, "c": 2, "d": 1})
    there, back = manifest_difference(before, after), manifest_difference(after, before)
    assert there["image_id"].tolist() == back["image_id"].tolist()
    opposite = {"added": "removed", "removed": "added", "relabelled": "relabelled"}
    assert there["change"].map(opposite).tolist() == back["change"].tolist()


def test_no_difference(manifest):
    assert manifest_difference(manifest, manifest.iloc[::-1]).empty
