from dataclasses import fields, replace

import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.verification.evidence import POINT_STEPS, Evidence

IDS = np.array(["b", "a", "c", "d"])


def make(pairs, inliers, other_ids=None, seed=0) -> Evidence:
    """Evidence with as many random points as inliers."""
    rng = np.random.default_rng(seed)
    pairs, inliers = np.array(pairs, np.int32).reshape(-1, 2), np.array(inliers, np.int32)
    transforms = rng.normal(size=(len(pairs), 3, 3)).astype(np.float32)
    transforms[inliers == 0] = np.nan
    return Evidence(
        image_ids=IDS,
        other_ids=IDS if other_ids is None else np.array(other_ids),
        pairs=pairs,
        direction=rng.integers(1, 4, len(pairs)).astype(np.uint8),
        matches=inliers + 5,
        inliers=inliers,
        transforms=transforms,
        offsets=np.concatenate([[0], np.cumsum(inliers, dtype=np.int64)]),
        matched=rng.integers(0, 2**16, (inliers.sum(), 4)).astype(np.uint16),
    )


@pytest.fixture
def evidence() -> Evidence:
    return make([[0, 2], [0, 3], [1, 0], [1, 3]], [4, 0, 7, 5])


def assert_same(one: Evidence, other: Evidence) -> None:
    for field in fields(Evidence):
        a, b = getattr(one, field.name), getattr(other, field.name)
        np.testing.assert_array_equal(a, b, err_msg=field.name)
        assert a.dtype == b.dtype


def test_points_of_a_pair_in_pixels(evidence):
    np.testing.assert_array_equal(evidence.points(2), evidence.matched[4:11] / np.float32(POINT_STEPS))
    assert evidence.points(2).dtype == np.float32
    assert evidence.points(1).shape == (0, 4)


def test_a_pair_is_found_by_its_ids_whichever_way_round(evidence):
    assert evidence.rows_of(["b", "c", "a", "d"], ["c", "b", "b", "b"]).tolist() == [0, 0, 2, 1]
    assert evidence.rows_of(["c", "b", "?", "a"], ["d", "b", "a", "?"]).tolist() == [-1, -1, -1, -1]
    assert evidence.rows_of([], []).tolist() == []
    assert make([], []).rows_of(["a"], ["b"]).tolist() == [-1]


def test_between_two_sets_the_way_round_counts():
    across = make([[0, 1], [1, 0], [3, 1]], [4, 4, 4], other_ids=["a", "b"])
    assert across.rows_of(["b", "a", "d"], ["b", "a", "b"]).tolist() == [0, 1, 2]
    assert across.rows_of(["b", "b"], ["a", "d"]).tolist() == [-1, -1]


def test_saved_evidence_comes_back_memory_mapped(evidence, tmp_path):
    evidence.save(tmp_path / "new" / "folder")
    loaded = Evidence.load(tmp_path / "new" / "folder")
    assert_same(loaded, evidence)
    assert isinstance(loaded.matched, np.memmap)
    assert loaded.other_ids is loaded.image_ids
    across = make([[0, 1]], [4], other_ids=["x", "y"])
    across.save(tmp_path)
    assert_same(Evidence.load(tmp_path), across)
    assert len(list(tmp_path.glob("*.npy"))) == len(fields(Evidence))


def test_no_evidence_is_evidence_too(tmp_path):
    make([], []).save(tmp_path)
    loaded = Evidence.load(tmp_path)
    assert_same(loaded, make([], []))
    assert len(loaded) == 0


@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_file_that_cannot_be_read_is_named(evidence, tmp_path, damage):
    evidence.save(tmp_path)
    path = tmp_path / "matches.npy"
    path.unlink() if damage == "missing" else path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(DataError, match=r"matches\.npy cannot be read"):
        Evidence.load(tmp_path)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"pairs": np.array([[0, 2], [0, 2], [1, 0], [1, 3]], np.int32)}, "pair 1: listed twice"),
        ({"pairs": np.array([[0, 3], [0, 2], [1, 0], [1, 3]], np.int32)}, "pair 1: .* out of order"),
        (
            {"pairs": np.array([[0, 2], [0, 3], [1, 0], [1, 4]], np.int32)},
            "pair 3: a row outside its 4 and 4",
        ),
        (
            {"pairs": np.array([[-1, 2], [0, 3], [1, 0], [1, 3]], np.int32)},
            r"pair 0: a row .*found \[-1, 2\]",
        ),
        ({"pairs": np.array([[0, 1], [0, 3], [1, 0], [1, 3]], np.int32)}, "pair 0: must name the smaller"),
        ({"pairs": np.array([[0, 2], [0, 3], [1, 0], [2, 2]], np.int32)}, "pair 3: must name the smaller"),
        ({"pairs": np.zeros((4, 2), np.int64)}, r"pairs must be \(4, 2\) int32"),
        ({"direction": np.array([1, 2, 3, 0], np.uint8)}, "pair 3: direction must be 1, 2 or 3, found 0"),
        ({"direction": np.array([1, 2, 3], np.uint8)}, r"direction must be \(4,\) uint8, found \(3,\)"),
        ({"matches": np.array([4, 0, 6, 5], np.int32)}, "pair 2: more inliers than matches, found 7"),
        ({"inliers": np.array([4, -1, 7, 5], np.int32)}, "pair 1: inliers must not be negative"),
        ({"inliers": np.array([4, 0, 6, 5], np.int32)}, "pair 2: as many points as inliers"),
        ({"offsets": np.array([0, 4, 4, 11, 15])}, r"offsets span 0\.\.15, expected 0\.\.16"),
        ({"offsets": np.array([0, 5, 5, 11, 16])}, "pair 0: as many points as inliers"),
        ({"transforms": np.ones((4, 3, 3), np.float32)}, "pair 1: a transform where there are inliers"),
        ({"transforms": np.full((4, 3, 3), np.nan, np.float32)}, "pair 0: a transform where"),
        ({"matched": np.zeros((16, 2), np.uint16)}, r"matched must be \(16, 4\) uint16"),
        ({"image_ids": np.array(["a", "b", "c", "a"])}, "image_ids names 'a' more than once"),
        ({"other_ids": np.array(["d", "b", "c", "d"])}, "other_ids names 'd' more than once"),
    ],
)
def test_what_cannot_be_is_an_error_that_names_the_row(evidence, change, named):
    with pytest.raises(DataError, match=f"evidence: .*{named}"):
        replace(evidence, **change)
