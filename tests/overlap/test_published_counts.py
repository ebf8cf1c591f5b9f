import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.manifests.landmark_removal import remove_landmarks
from landmark_retrieval.overlap.published_counts import PublishedCounts, check_published, counts


@pytest.fixture
def parent(make_manifest):
    manifest = make_manifest({"a": 7, "b": 7, "c": 8, "d": 9, "e": 9, "f": 9})
    manifest.loc[5, ["kept", "reason"]] = [False, "wrong label"]
    return manifest


EXPECTED = PublishedCounts(removed_landmarks=1, removed_images=2, images=3, landmarks=2)


def test_what_was_out_before_is_not_counted(parent):
    manifest = remove_landmarks(parent, {9: "listed"}, "overlap", "")
    assert counts(parent, manifest) == EXPECTED
    check_published(parent, manifest, EXPECTED)
    assert counts(parent, manifest.iloc[::-1]) == EXPECTED


def test_each_wrong_figure_is_named(parent):
    manifest = remove_landmarks(parent, {8: "listed"}, "overlap", "")
    with pytest.raises(
        DataError,
        match=r"starting from 5 images of 3 landmarks: "
        r"removed images: expected 2, found 1; images: expected 3, found 4$",
    ):
        check_published(parent, manifest, EXPECTED)


def test_figures_of_the_publication_are_written_with_thousands(parent):
    published = PublishedCounts(removed_landmarks=18, removed_images=1565, images=1578905, landmarks=81295)
    with pytest.raises(DataError, match=r"removed landmarks: expected 18, found 0; .* expected 1,578,905"):
        check_published(parent, parent, published)
