import pytest
from pydantic import ValidationError

from landmark_retrieval.formats.files.photo_files import Photo
from landmark_retrieval.formats.photo_splits import PhotoFolderSettings, assign_splits, draw_usage

SETTINGS = PhotoFolderSettings(
    seed=3,
    query_fraction=0.2,
    index_fraction=0.4,
    public_fraction=0.3,
    distractor_query_fraction=0.25,
    distractor_folders=("distractors",),
)


def photos_of(landmark, n):
    return [Photo(f"{landmark or 'distractors'}/{i}.jpg", landmark, "") for i in range(n)]


def by_path(photos, settings=SETTINGS):
    return {photo.path: split for photo, split in zip(photos, assign_splits(photos, settings), strict=True)}


@pytest.mark.parametrize(
    ("n", "expected"),
    [(1, (1, 0, 0)), (2, (0, 1, 1)), (3, (1, 1, 1)), (5, (2, 2, 1)), (10, (4, 4, 2)), (99, (39, 40, 20))],
)
def test_the_shares_of_a_landmark(n, expected):
    splits = assign_splits(photos_of("a", n), SETTINGS)
    assert tuple(splits.count(split) for split in ("train", "index", "query")) == expected


@pytest.mark.parametrize(("query", "index"), [(0.01, 0.01), (0.9, 0.05), (0.05, 0.9), (0.5, 0.5)])
def test_two_photographs_give_a_query_and_something_to_find_whatever_the_fractions(query, index):
    settings = SETTINGS.model_copy(update={"query_fraction": query, "index_fraction": index})
    for n in range(2, 30):
        assert {"query", "index"} <= set(assign_splits(photos_of("a", n), settings))


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
    assert assign_splits(photos, SETTINGS) == ["query", "train"]


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
