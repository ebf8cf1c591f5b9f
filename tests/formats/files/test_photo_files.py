import logging
import os

import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.formats.files.photo_files import Photo, find_photos


def found(tree, *paths, distractors=("distractors",)):
    return [
        (photo.path, photo.landmark, photo.split)
        for photo in find_photos(tree.of(dict.fromkeys(paths, "x")), distractors)
    ]


def test_a_landmark_is_a_folder_that_directly_holds_pictures(tree):
    assert found(
        tree, "b/2.PNG", "b/1.jpg", "a/deep/er/x.webp", "landmarks/c d/1.tiff", "landmarks/b/3.jpeg"
    ) == [
        ("a/deep/er/x.webp", "a/deep/er", ""),
        ("b/1.jpg", "b", ""),
        ("b/2.PNG", "b", ""),
        ("landmarks/b/3.jpeg", "b", ""),
        ("landmarks/c d/1.tiff", "c d", ""),
    ]


def test_distractor_folders_hold_no_landmark_at_any_depth(tree):
    photos = found(
        tree, "a/1.jpg", "streets/2.jpg", "a/streets/3.jpg", "streets/x/4.jpg", distractors=["streets"]
    )
    assert [photo[1] for photo in photos] == ["a", "", "", ""]


def test_the_folders_train_index_and_query_give_the_splits(tree):
    assert found(
        tree,
        "train/a/1.jpg",
        "index/landmarks/a/2.jpg",
        "index/3.jpg",
        "query/distractors/4.jpg",
        "query/b/5.jpg",
    ) == [
        ("index/3.jpg", "", "index"),
        ("index/landmarks/a/2.jpg", "a", "index"),
        ("query/b/5.jpg", "b", "query"),
        ("query/distractors/4.jpg", "", "query"),
        ("train/a/1.jpg", "a", "train"),
    ]


def test_some_of_the_splits_are_not_enough(tree):
    with pytest.raises(DataError, match="found none in query/"):
        found(tree, "train/a/1.jpg", "index/a/2.jpg", "query/readme.txt", "b/1.jpg")


@pytest.mark.parametrize("path", ["train/1.jpg", "train/distractors/1.jpg"])
def test_a_training_photograph_has_a_landmark(tree, path):
    with pytest.raises(
        DataError, match=f"{path}: expected a training photograph in the folder of a landmark"
    ):
        found(tree, path, "index/a/1.jpg", "query/a/1.jpg")


def test_what_is_skipped_is_counted(tree, tmp_path, caplog):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    with caplog.at_level(logging.WARNING):
        photos = found(
            tree, "a/1.jpg", "a/notes.txt", "a/.2.jpg", ".git/3.jpg", "4.jpg", "Thumbs.db", "noending"
        )
    assert [photo[0] for photo in photos] == ["a/1.jpg"]
    assert {record.getMessage().partition("skipped ")[2] for record in caplog.records} == {
        "3 files that are no pictures",
        "1 hidden files",
        "1 hidden folders",
        "1 links to folders",
        "1 in no landmark's folder",
    }


def test_a_clean_folder_is_read_without_a_word(tree, caplog):
    assert find_photos(tree.of({"a/1.jpg": "x"}), []) == [Photo("a/1.jpg", "a", "")]
    assert not caplog.records


@pytest.mark.parametrize("paths", [[], ["1.jpg"], ["a/notes.txt"], [".a/1.jpg"]])
def test_a_folder_without_photographs_is_an_error(tree, paths):
    with pytest.raises(DataError, match="expected one folder of photographs for each landmark, found none"):
        found(tree, *paths)


def test_a_name_that_is_no_utf_8_is_an_error(tree, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / os.fsdecode(b"\xff.jpg")).write_text("x")
    with pytest.raises(DataError, match="expected a file name in UTF-8"):
        found(tree, "a/1.jpg")
