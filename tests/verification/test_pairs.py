import itertools
import logging

import cv2
import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.root_sift import RootSift, RootSiftSettings
from landmark_retrieval.local_features.storage.store import LocalFeatureStore
from landmark_retrieval.storage.parts import InMemoryParts, Shards
from landmark_retrieval.verification import pairs as pairs_module
from landmark_retrieval.verification import workers as workers_module
from landmark_retrieval.verification.affine import AffineSettings
from landmark_retrieval.verification.consensus import find_transform
from landmark_retrieval.verification.evidence import Evidence
from landmark_retrieval.verification.homography import HomographySettings
from landmark_retrieval.verification.matching import MatchingSettings, match
from landmark_retrieval.verification.pair_verifier import PairVerifier, pair_seed
from landmark_retrieval.verification.pairs import count_inliers, verify_pairs, work_fingerprint
from landmark_retrieval.verification.settings import VerificationSettings

pytestmark = pytest.mark.costly

SETTINGS = VerificationSettings(
    matching=MatchingSettings(method="product", mutual=True, max_distance=0.9, ratio=0.9),
    consensus=AffineSettings(threshold_px=5, iterations=1000, confidence=0.999),
    seed=5,
)
WARPS = [[[1, 0, 0], [0, 1, 0]], [[0.8, 0.1, 10], [-0.1, 0.9, 20]], [[0.9, -0.2, 40], [0.2, 0.8, 5]]]
ARRAYS = [
    "image_ids",
    "other_ids",
    "pairs",
    "direction",
    "matches",
    "inliers",
    "transforms",
    "offsets",
    "matched",
]


def photograph(scene, warp):
    rng = np.random.default_rng(scene)
    wall = cv2.resize(
        rng.integers(0, 256, (30, 30, 3), dtype=np.uint8), (200, 200), interpolation=cv2.INTER_CUBIC
    )
    return cv2.warpAffine(wall, np.float64(WARPS[warp]), (200, 200), borderValue=(90, 90, 90))


@pytest.fixture(scope="module")
def features():
    """Three scenes, three photographs each; the last image is blank."""
    extraction = RootSiftSettings(max_keypoints=120, max_side=200, contrast_threshold=0.04)
    pictures = [photograph(scene, warp) for scene in range(3) for warp in range(3)]
    pictures.append(np.zeros((200, 200, 3), np.uint8))
    return [RootSift(extraction)(p) for p in pictures]


@pytest.fixture(scope="module")
def store(features):
    return LocalFeatureStore.pack(list("mcxaqbzkde"), features)


@pytest.fixture(scope="module")
def every():
    return np.array(list(itertools.permutations(range(10), 2)), dtype=np.int64)


@pytest.fixture(scope="module")
def evidence(store, every):
    return verify_pairs(store, every, SETTINGS, workers=1)


def assert_same(one: Evidence, other: Evidence) -> None:
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def told(evidence: Evidence) -> dict:
    """Matches, inliers, transform and points by the ids of each pair."""
    return {
        (str(evidence.image_ids[first]), str(evidence.other_ids[second])): (
            evidence.matches[i], evidence.inliers[i], evidence.transforms[i], evidence.points(i),
        )
        for i, (first, second) in enumerate(evidence.pairs)
    }  # fmt: skip


def test_pairs_of_a_scene_agree_and_others_do_not(evidence):
    same = evidence.pairs[:, 0] // 3 == evidence.pairs[:, 1] // 3
    assert same.sum() == 9
    assert evidence.inliers[same].min() > 20
    assert evidence.inliers[~same].max() < 10


def test_the_transform_is_the_cameras(store, evidence):
    row = evidence.rows_of(["c"], ["m"])[0]  # c: the warp, m: the wall itself
    expected = np.linalg.inv([*WARPS[1], [0, 0, 1]])
    np.testing.assert_allclose(evidence.transforms[row], expected, atol=2)
    np.testing.assert_allclose(evidence.transforms[row, :2, :2], expected[:2, :2], atol=0.02)


def test_inliers_are_the_points_that_the_transform_maps_near(evidence):
    for row in np.flatnonzero(evidence.inliers):
        points = evidence.points(row).astype(float)
        mapped = points[:, :2] @ evidence.transforms[row, :2, :2].T + evidence.transforms[row, :2, 2]
        assert len(points) == evidence.inliers[row]
        assert (np.hypot(*(mapped - points[:, 2:]).T) < 5.1).all()


def test_each_row_is_its_pair_worked_out_by_hand(store, evidence):
    ids = store.image_ids
    for row, (i, j) in enumerate(evidence.pairs):
        assert ids[i] < ids[j]
        one, other = store.stored(i), store.stored(j)
        rows, columns = match(one.descriptors, other.descriptors, SETTINGS.matching).T
        points = one.keypoints[rows], other.keypoints[columns]
        matrix, inlier = find_transform(*points, SETTINGS.consensus, pair_seed(ids[i], ids[j], SETTINGS.seed))
        assert evidence.matches[row] == len(rows)
        assert evidence.inliers[row] == inlier.sum()
        np.testing.assert_array_equal(evidence.points(row), np.column_stack([p[inlier] for p in points]))
        expected = np.full((3, 3), np.nan) if matrix is None else matrix
        np.testing.assert_array_equal(evidence.transforms[row], expected.astype(np.float32))


def test_both_ways_round_and_repeats_are_one_computation(evidence, caplog, store, every):
    with caplog.at_level(logging.INFO):
        again = verify_pairs(store, np.concatenate([every, every[::-1]]), SETTINGS, workers=1)
    assert "verified 45 pairs" in caplog.text
    assert_same(again, evidence)


def test_direction_tells_whose_neighbour_the_other_is(store):
    ids = "mcxaqbzkde"
    pairs = np.array([[0, 1], [1, 0], [0, 1], [2, 3], [4, 5], [5, 4], [6, 9]])
    found = verify_pairs(store, pairs, SETTINGS, workers=1)
    directions = {
        (ids[i], ids[j]): bits for (i, j), bits in zip(found.pairs, found.direction.tolist(), strict=True)
    }
    assert directions == {("c", "m"): 3, ("a", "x"): 2, ("b", "q"): 3, ("e", "z"): 2}


def test_neither_order_nor_company_matters(store, every, evidence):
    order = np.random.default_rng(0).permutation(len(every))[:30]
    for ids, of in told(verify_pairs(store, every[order], SETTINGS, workers=1)).items():
        for one, other in zip(of, told(evidence)[ids], strict=True):
            np.testing.assert_array_equal(one, other)


def test_processes_find_the_same(store, every, evidence, monkeypatch):
    monkeypatch.setattr(workers_module, "WORTH_A_POOL", 0)
    monkeypatch.setattr(workers_module, "BLOCK", 7)
    monkeypatch.setattr(pairs_module, "SHARD_PAIRS", 20)
    assert_same(verify_pairs(store, every, SETTINGS, workers=2), evidence)


def test_two_stores_tell_the_same_from_the_first_to_the_second(store, features, every, evidence, tmp_path):
    first = LocalFeatureStore.pack(store.image_ids[:4], features[:4])
    second = LocalFeatureStore.write(tmp_path, store.image_ids[4:], features[4:])
    across = every[(every[:, 0] < 4) & (every[:, 1] >= 4)] - [0, 4]
    found = verify_pairs(first, across, SETTINGS, workers=1, others=second)
    assert (found.direction == 1).all()
    assert found.pairs.tolist() == across.tolist()
    within = told(evidence)
    for (one, other), (matches, inliers, transform, points) in told(found).items():
        same = within[min(one, other), max(one, other)]
        assert (matches, inliers) == same[:2]
        forth = same[2] if one < other else np.linalg.inv(same[2].astype(float))
        np.testing.assert_allclose(transform, forth, rtol=1e-4, atol=1e-4)
        np.testing.assert_array_equal(points, same[3] if one < other else same[3][:, [2, 3, 0, 1]])


def test_workers_map_what_lies_on_disk_and_copy_the_rest(store, features, every, monkeypatch, tmp_path):
    first = LocalFeatureStore.pack(store.image_ids[:4], features[:4])
    second = LocalFeatureStore.write(tmp_path, store.image_ids[4:], features[4:])
    across = every[(every[:, 0] < 4) & (every[:, 1] >= 4)] - [0, 4]
    expected = verify_pairs(first, across, SETTINGS, workers=1, others=second)
    monkeypatch.setattr(workers_module, "WORTH_A_POOL", 0)
    copied, save = [], LocalFeatureStore.save
    monkeypatch.setattr(LocalFeatureStore, "save", lambda s, folder: (copied.append(s), save(s, folder)))
    assert_same(verify_pairs(first, across, SETTINGS, workers=2, others=second), expected)
    assert copied == [first]


class StoppedError(Exception):
    """What ends a run early."""


def test_a_run_that_was_stopped_goes_on_without_repeating(
    store, every, evidence, monkeypatch, tmp_path, caplog
):
    monkeypatch.setattr(pairs_module, "SHARD_PAIRS", 10)
    parts = Shards(tmp_path, work_fingerprint(store, None, every, SETTINGS))
    done, verify = [], PairVerifier.evidence

    def until_the_third(self, pairs):
        if len(done) == 3:
            raise StoppedError
        done.append(len(pairs))
        return verify(self, pairs)

    monkeypatch.setattr(PairVerifier, "evidence", until_the_third)
    with pytest.raises(StoppedError):
        verify_pairs(store, every, SETTINGS, workers=1, parts=parts)
    again = []
    monkeypatch.setattr(PairVerifier, "evidence", lambda s, p: (again.append(len(p)), verify(s, p))[1])
    with caplog.at_level(logging.INFO):
        assert_same(verify_pairs(store, every, SETTINGS, workers=1, parts=parts), evidence)
    assert (done, again) == ([10, 10, 10], [10, 5])
    assert "verification continued: 3 of 5 shards found" in caplog.text
    assert_same(verify_pairs(store, every, SETTINGS, workers=1, parts=parts), evidence)
    assert again == [10, 5]


def test_parts_may_stay_in_memory(store, every, evidence):
    kept = InMemoryParts()
    for _ in range(2):
        assert_same(verify_pairs(store, every, SETTINGS, workers=1, parts=kept), evidence)


def test_the_fingerprint_knows_what_decides(store, features, every):
    base = work_fingerprint(store, None, every, SETTINGS)
    other_store = LocalFeatureStore.pack(store.image_ids, features[::-1])
    assert work_fingerprint(store, store, every[::-1], SETTINGS) == base
    assert work_fingerprint(store, None, np.concatenate([every, every[:, ::-1]]), SETTINGS) == base
    others = [
        work_fingerprint(store, None, every[:8], SETTINGS),
        work_fingerprint(other_store, None, every, SETTINGS),
        work_fingerprint(store, other_store, every, SETTINGS),
        work_fingerprint(store, None, every, SETTINGS.model_copy(update={"seed": 6})),
    ]
    assert len({base, *others}) == 5


def test_counts_are_those_of_the_evidence(store, every, evidence, monkeypatch):
    by_ids = {ids: of[:2] for ids, of in told(evidence).items()}
    expected = [by_ids[tuple(sorted(store.image_ids[list(pair)].tolist()))] for pair in every]
    assert count_inliers(store, every, SETTINGS, workers=1).tolist() == [list(counts) for counts in expected]
    monkeypatch.setattr(workers_module, "WORTH_A_POOL", 0)
    assert count_inliers(store, every, SETTINGS, workers=2).tolist() == [list(counts) for counts in expected]


def test_a_homography_finds_the_same_pairs(store, every):
    by_homography = SETTINGS.model_copy(
        update={"consensus": HomographySettings(threshold_px=5, iterations=1000, confidence=0.999)}
    )
    found = verify_pairs(store, every, by_homography, workers=1)
    same = found.pairs[:, 0] // 3 == found.pairs[:, 1] // 3
    assert found.inliers[same].min() > 20
    assert found.inliers[~same].max() < 10
    row = found.rows_of(["m"], ["c"])[0]
    expected = np.linalg.inv([*WARPS[1], [0, 0, 1]])
    corners = np.array([[30, 30, 1], [170, 30, 1], [170, 170, 1], [30, 170, 1]], float)
    mapped = corners @ found.transforms[row].T
    np.testing.assert_allclose(mapped[:, :2] / mapped[:, 2:], (corners @ expected.T)[:, :2], atol=4)


def test_settings_name_the_kind_of_transform():
    given = {
        "matching": {
            "method": "product",
            "mutual": True,
            "max_distance": 0.9,
            "ratio": None,
        },
        "consensus": {"transform": "homography", "threshold_px": 5, "iterations": 10, "confidence": 0.9},
        "seed": 1,
    }
    assert isinstance(VerificationSettings.model_validate(given).consensus, HomographySettings)
    given["consensus"]["transform"] = "similarity"
    with pytest.raises(ValueError, match="similarity"):
        VerificationSettings.model_validate(given)


def test_no_pairs(store):
    found = verify_pairs(store, np.zeros((0, 2), np.int64), SETTINGS, workers=2)
    assert len(found) == 0
    assert count_inliers(store, np.zeros((0, 2), np.int64), SETTINGS, workers=2).shape == (0, 2)


@pytest.mark.parametrize("row", [[0, 10], [-1, 2]])
def test_a_row_outside_the_store_is_an_error(store, row):
    with pytest.raises(DataError, match=r"pair 1: rows .* of 10 and 10 images"):
        verify_pairs(store, np.array([[0, 1], row]), SETTINGS, workers=1)


def test_an_image_with_itself_is_an_error(store):
    with pytest.raises(DataError, match="pair 1: image 'x' with itself"):
        verify_pairs(store, np.array([[0, 1], [2, 2]]), SETTINGS, workers=1)


def test_seed_of_a_pair():
    assert pair_seed("a", "b", 1) == pair_seed("b", "a", 1)
    assert len({pair_seed(a, b, s) for a, b in [("a", "b"), ("a", "c"), ("ab", "")] for s in (0, 1)}) == 6
    assert all(0 <= pair_seed("a", str(i), 0) < 2**31 for i in range(200))
