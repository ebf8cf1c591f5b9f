import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.manifests.manifest import checked_manifest
from landmark_retrieval.manifests.pictures import pictures
from landmark_retrieval.manifests.union import unite


def test_landmarks_of_further_sources_are_shifted_beyond_those_of_the_first(make_manifest):
    first = make_manifest({"a": 0, "b": 4}, "gldv2")
    second, third = make_manifest({"c": 0, "d": 4}, "gldv1"), make_manifest({"e": 1}, "own")
    united = unite([first, second, third])

    assert united["image_id"].tolist() == ["a", "b", "c", "d", "e"]
    assert united["landmark_id"].tolist() == [0, 4, 5, 9, 11]
    assert united["source"].tolist() == ["gldv2", "gldv2", "gldv1", "gldv1", "own"]
    checked_manifest(united)


def test_an_image_of_several_variants_is_kept_if_one_keeps_it(make_manifest):
    cleaned = make_manifest({"a": 1, "b": 1})
    cleaned.loc[0, ["kept", "reason"]] = [False, "no verified neighbour"]
    whole = make_manifest({"a": 1, "b": 1, "c": 2})
    united = unite([cleaned, whole])

    assert united["image_id"].tolist() == ["b", "a", "c"]
    assert united["kept"].all()
    assert unite([cleaned, cleaned])["kept"].tolist() == [False, True]


@pytest.mark.parametrize(
    ("other", "source", "message"),
    [
        ({"a": 2}, "gldv2", "image 'a' is in several landmarks of the union: 1, 2"),
        ({"a": 1}, "gldv1", "image 'a' is in several sources of the union: gldv2, gldv1"),
    ],
)
def test_an_image_has_one_source_and_one_landmark(make_manifest, other, source, message):
    with pytest.raises(DataError, match=message):
        unite([make_manifest({"a": 1}), make_manifest(other, source)])


def test_a_source_that_changed_between_the_manifests_is_refused(make_manifest):
    changed = make_manifest({"b": 1}).assign(source_version="1e1e")

    with pytest.raises(DataError, match="source 'gldv2' has changed"):
        unite([make_manifest({"a": 1}), changed])


def test_pictures_of_several_sources_are_found_in_their_own_trees(make_manifest, tmp_path):
    trees = {name: FileTree(tmp_path / name) for name in ("gldv2", "gldv1")}
    united = unite([make_manifest({"a": 0}), make_manifest({"b": 0}, "gldv1")])
    files, images = pictures(united, trees)

    assert [files.path(path) for path in images["path"]] == [
        tmp_path / "gldv2/a.jpg",
        tmp_path / "gldv1/b.jpg",
    ]
    with pytest.raises(DataError, match="leads out of"):
        files.path("gldv1/../gldv2/a.jpg")
    with pytest.raises(DataError, match="expected a path below one of gldv2, gldv1"):
        files.path("own/a.jpg")


def test_pictures_of_one_source_keep_their_paths(make_manifest, tmp_path):
    manifest = make_manifest({"a": 0, "b": 1})
    manifest.loc[0, "kept"] = False
    files, images = pictures(manifest, {"gldv2": FileTree(tmp_path)})

    assert images["path"].tolist() == ["b.jpg"]
    assert files.path("b.jpg") == tmp_path / "b.jpg"
