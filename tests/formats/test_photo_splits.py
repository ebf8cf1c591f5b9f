import numpy as np
import pytest
from pydantic import ValidationError

from landmark_retrieval.formats.files.photo_files import Photo
from landmark_retrieval.formats.photo_splits import PhotoFolderSettings, assign_splits, draw_usage
from landmark_retrieval.near_duplicates.copies import CopySettings

SETTINGS = PhotoFolderSettings(
    seed=3,
    query_fraction=0.2,
    index_fraction=0.4,
    public_fraction=0.3,
    distractor_query_fraction=0.25,
    distractor_folders=("distractors",),
    copies=CopySettings(max_hamming=6, max_group=20, max_pairs=1000),
)


def photos_of(landmark, n):
    return [Photo(f"{landmark or 'distractors'}/{i}.jpg", landmark, "") for i in range(n)]


def by_path(photos, settings=SETTINGS, copies=None):
    """`copies`: paths of each group by name; every other photograph is its own group."""
    of = {path: name for name, paths in (copies or {}).items() for path in paths}
    splits = assign_splits(photos, [of.get(photo.path, photo.path) for photo in photos], settings)
    return {photo.path: split for photo, split in zip(photos, splits, strict=True)}


@pytest.mark.parametrize(
    ("n", "expected"),
    [(1, (1, 0, 0)), (2, (0, 1, 1)), (3, (1, 1, 1)), (5, (2, 2, 1)), (10, (4, 4, 2)), (99, (39, 40, 20))],
)
def test_the_shares_of_a_landmark(n, expected):
    splits = list(by_path(photos_of("a", n)).values())
    assert tuple(splits.count(split) for split in ("train", "index", "query")) == expected


@pytest.mark.parametrize(("query", "index"), [(0.01, 0.01), (0.9, 0.05), (0.05, 0.9), (0.5, 0.5)])
def test_two_photographs_give_a_query_and_something_to_find_whatever_the_fractions(query, index):
    settings = SETTINGS.model_copy(update={"query_fraction": query, "index_fraction": index})
    for n in range(2, 30):
        assert {"query", "index"} <= set(by_path(photos_of("a", n), settings).values())


def test_another_landmark_changes_no_split():
    some = photos_of("a", 7) + photos_of("", 20) + photos_of("c", 4)
    more = photos_of("a", 7) + photos_of("b", 9) + photos_of("", 20) + photos_of("c", 4)
    before, after = by_path(some), by_path(more)
    assert {path: after[path] for path in before} == before


def test_the_order_of_the_photographs_changes_nothing():
    photos = photos_of("a", 7) + photos_of("", 20)
    assert by_path(photos[::-1]) == by_path(photos)


def test_another_distractor_changes_no_split_and_its_share_is_kept():
    few, many = by_path(photos_of("", 50)), by_path(photos_of("", 2000))
    assert {path: many[path] for path in few} == few
    assert set(many.values()) == {"index", "query"}
    assert list(many.values()).count("query") / 2000 == pytest.approx(0.25, abs=0.04)


def test_the_seed_decides():
    photos = photos_of("a", 30)
    other = SETTINGS.model_copy(update={"seed": 4})
    assert by_path(photos) == by_path(photos)
    assert by_path(photos) != by_path(photos, other)
    assert [draw_usage(p.path, SETTINGS) for p in photos] != [draw_usage(p.path, other) for p in photos]


def test_given_splits_stay():
    photos = [Photo("query/a/1.jpg", "a", "query"), Photo("train/a/2.jpg", "a", "train")]
    assert list(by_path(photos).values()) == ["query", "train"]
    same = {"query/a/1.jpg": ["query/a/1.jpg", "train/a/2.jpg"]}
    assert list(by_path(photos, copies=same).values()) == ["query", "train"]


def test_copies_are_in_one_split_and_count_once():
    copies = {"a/0.jpg": [f"a/{i}.jpg" for i in range(8)], "a/8.jpg": ["a/8.jpg", "a/9.jpg"]}
    splits = by_path(photos_of("a", 12), copies=copies)
    assert {len({splits[path] for path in paths}) for paths in copies.values()} == {1}
    once = by_path(
        [photo for photo in photos_of("a", 12) if photo.path not in [*copies["a/0.jpg"][1:], "a/9.jpg"]]
    )
    assert {path: splits[path] for path in once} == once
    assert sorted(once.values()) == ["index", "index", "query", "train"]


def test_a_landmark_of_one_picture_is_for_training():
    copies = {"a/0.jpg": [f"a/{i}.jpg" for i in range(5)]}
    assert set(by_path(photos_of("a", 5), copies=copies).values()) == {"train"}


def test_two_pictures_give_a_query_and_something_to_find_however_often_they_are_saved():
    copies = {"a/0.jpg": ["a/0.jpg"], "a/1.jpg": [f"a/{i}.jpg" for i in range(1, 6)]}
    splits = by_path(photos_of("a", 6), copies=copies)
    assert {splits["a/0.jpg"], splits["a/1.jpg"]} == {"index", "query"}


def test_copies_of_a_distractor_are_never_for_training():
    copies = {f"a/{i}.jpg": [f"a/{i}.jpg", f"distractors/{i}.jpg"] for i in range(30)}
    splits = by_path(photos_of("a", 40) + photos_of("", 40), copies=copies)
    for paths in copies.values():
        assert splits[paths[0]] == splits[paths[1]] != "train"
    assert splits["distractors/39.jpg"] == by_path(photos_of("", 40))["distractors/39.jpg"]
    counts = [list(splits.values())[:40].count(split) for split in ("train", "index", "query")]
    assert counts[0] == 40 - counts[1] - counts[2] <= 10
    assert min(counts[1:]) > 0


def test_copies_under_several_landmarks_stay_together_and_change_no_other_landmark():
    photos = [photo for name in "abcd" for photo in photos_of(name, 10)]
    copies = {f"a/{i}.jpg": [f"{name}/{i}.jpg" for name in "abc"] for i in range(6)}
    splits = by_path(photos, copies=copies)
    for paths in copies.values():
        assert len({splits[path] for path in paths}) == 1
    for name in "abc":
        own = [split for path, split in splits.items() if path.startswith(name)]
        assert {split: own.count(split) for split in ("query", "index", "train")} == {
            "query": 2,
            "index": 4,
            "train": 4,
        }
    alone = by_path(photos_of("d", 10))
    assert {path: splits[path] for path in alone} == alone
    shuffled = [photos[i] for i in np.random.default_rng(0).permutation(len(photos))]
    assert by_path(shuffled, copies=copies) == splits


def test_a_landmark_takes_what_its_shared_pictures_left_to_it():
    """`b` shares its first picture with `a`, whatever it is there; a single picture is settled last."""
    for seed in range(20):
        settings = SETTINGS.model_copy(update={"seed": seed})
        photos = photos_of("a", 5) + photos_of("b", 3) + photos_of("c", 1)
        copies = {"a/0.jpg": ["a/0.jpg", "b/0.jpg"], "b/1.jpg": ["b/1.jpg", "c/0.jpg"]}
        splits = by_path(photos, settings, copies)
        for name in "ab":
            own = {split for path, split in splits.items() if path.startswith(name)}
            assert {"query", "index"} <= own
        assert splits["c/0.jpg"] == splits["b/1.jpg"]


def test_the_public_share_is_kept():
    usages = [draw_usage(photo.path, SETTINGS) for photo in photos_of("a", 2000)]
    assert set(usages) == {"Public", "Private"}
    assert usages.count("Public") / 2000 == pytest.approx(0.3, abs=0.04)


@pytest.mark.parametrize(
    "changes",
    [{"query_fraction": 0.7}, {"query_fraction": 0.0}, {"public_fraction": 1.1}, {"seed": -1}, {"sede": 1}],
)
def test_settings_that_make_no_sense_are_refused(changes):
    with pytest.raises(ValidationError):
        PhotoFolderSettings(**{**SETTINGS.model_dump(), **changes})
