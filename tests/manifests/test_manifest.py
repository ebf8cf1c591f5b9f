import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.manifests.manifest import (
    as_published,
    kept,
    manifest_fingerprint,
    source_version,
)
from landmark_retrieval.manifests.table_digest import table_digest
from landmark_retrieval.tables import Manifest, TrainImages

TRAIN = ["image_id", "path", "width", "height", "landmark_id"]


@pytest.fixture
def manifest(make_manifest):
    return make_manifest({"b": 1, "a": 1, "c": 2})


def test_as_published_keeps_everything(manifest):
    train = manifest[TRAIN].iloc[::-1]
    published = as_published(train, "gldv2", "c0ffee")
    Manifest.validate(published)
    assert published["image_id"].tolist() == ["c", "a", "b"]
    assert published["kept"].all()
    assert set(published["reason"]) == {"as published"}
    assert set(published["evidence"]) == {""}
    assert set(published["source"]) == {"gldv2"}
    assert set(published["source_version"]) == {"c0ffee"}
    Manifest.validate(none := as_published(train.iloc[:0], "gldv2", "c0ffee"))
    assert none.empty


def test_kept_images_are_a_train_table(manifest):
    manifest.loc[1, "kept"] = False
    train = kept(manifest)
    TrainImages.validate(train)
    assert train["image_id"].tolist() == ["b", "c"]
    assert train.index.tolist() == [0, 1]


def test_fingerprint_is_of_these_columns(manifest):
    identity = ["image_id", "landmark_id", "kept", "reason", "evidence", "source", "source_version"]
    assert manifest_fingerprint(manifest) == table_digest(manifest[identity], "image_id")


def test_neither_order_nor_format_nor_place_changes_the_fingerprint(manifest, tmp_path):
    manifest.loc[0, "reason"] = "«außen», 100 %\n"
    same = manifest_fingerprint(manifest)
    assert manifest_fingerprint(manifest.iloc[[2, 0, 1]]) == same
    assert manifest_fingerprint(manifest.assign(path="elsewhere", width=7)) == same
    manifest.to_parquet(tmp_path / "m.parquet", index=False)
    assert manifest_fingerprint(pd.read_parquet(tmp_path / "m.parquet")) == same


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("image_id", "bb"),
        ("landmark_id", 3),
        ("kept", False),
        ("reason", "other"),
        ("evidence", "v2_clean.evidence"),
        ("source", "gldv1"),
        ("source_version", "0f1f"),
    ],
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


def hashes_of(files):
    table = pd.DataFrame(files, columns=["image_id", "split", "sha256"]).astype("str")
    return table.assign(perceptual=0)


FILES = [
    ("a", "train", "11"),
    ("b", "train", "22"),
    ("c", "train", "33"),
    ("c", "index", "44"),
    ("q", "query", "5"),
]


def test_source_version_is_of_list_and_files(manifest):
    train = manifest[TRAIN]
    listed = pd.DataFrame(
        {"image_id": ["a", "b", "c"], "landmark_id": [1, 1, 2], "sha256": ["11", "22", "33"]}
    )
    version = source_version(train, hashes_of(FILES))
    assert version == table_digest(listed.astype({"image_id": "str", "sha256": "str"}), "image_id")
    assert source_version(train.iloc[::-1], hashes_of(FILES[::-1])) == version
    assert source_version(train.assign(path="elsewhere"), hashes_of(FILES)) == version
    assert source_version(train, hashes_of([("a", "train", "12"), *FILES[1:]])) != version
    assert source_version(train.assign(landmark_id=1), hashes_of(FILES)) != version
    assert source_version(train.iloc[:2], hashes_of(FILES)) != version


def test_an_image_without_its_hash_is_an_error(manifest):
    train = manifest[TRAIN]
    with pytest.raises(DataError, match="row for train image 'b', found none"):
        source_version(train, hashes_of([FILES[0], *FILES[2:]]))
    with pytest.raises(DataError, match="train image 'a' is listed twice"):
        source_version(train, hashes_of([*FILES, FILES[0]]))
