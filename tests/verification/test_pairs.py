import itertools
import logging

import cv2
import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.root_sift import RootSiftSettings, extract_root_sift
from landmark_retrieval.local_features.store import LocalFeatureStore
from landmark_retrieval.verification import pairs as pairs_module
from landmark_retrieval.verification.affine import AffineSettings, estimate_affine
from landmark_retrieval.verification.evidence import checked_evidence
from landmark_retrieval.verification.matching import MatchingSettings, match
from landmark_retrieval.verification.pairs import VerificationSettings, count_inliers, pair_seed, verify_pairs

SETTINGS = VerificationSettings(
    matching=MatchingSettings(max_distance=0.9, ratio=0.9),
    affine=AffineSettings(threshold_px=5, iterations=1000, confidence=0.999),
    seed=5,
)
WARPS = [[[1, 0, 0], [0, 1, 0]], [[0.8, 0.1, 10], [-0.1, 0.9, 20]], [[0.9, -0.2, 40], [0.2, 0.8, 5]]]


def photograph(scene, warp):
    rng = np.random.default_rng(scene)
    wall = cv2.resize(
        rng.integers(0, 256, (30, 30, 3), dtype=np.uint8), (200, 200), interpolation=cv2.INTER_CUBIC
    )
    return cv2.warpAffine(wall, np.float64(WARPS[warp]), (200, 200), borderValue=(90, 90, 90))


@pytest.fixture(scope="module")
def store():
    """Three scenes, three photographs each; the last image is blank."""
    extraction = RootSiftSettings(max_keypoints=120, max_side=200, contrast_threshold=0.04)
    pictures = [photograph(scene, warp) for scene in range(3) for warp in range(3)]
    pictures.append(np.zeros((200, 200, 3), np.uint8))
    ids = ["m", "c", "x", "a", "q", "b", "z", "k", "d", "e"]
    return LocalFeatureStore.pack(ids, [extract_root_sift(p, extraction) for p in pictures])


@pytest.fixture(scope="module")
def every():
    return np.array(list(itertools.permutations(range(10), 2)), dtype=np.int64)


@pytest.fixture(scope="module")
def evidence(store, every):
    return verify_pairs(store, every, SETTINGS, workers=1)


def test_pairs_of_a_scene_agree_and_others_do_not(evidence, every):
    same = every[:, 0] // 3 == every[:, 1] // 3
    assert evidence["inliers"][same].min() > 20
    assert evidence["inliers"][~same].max() < 10
    assert (evidence["inliers"] <= evidence["matches"]).all()
    checked_evidence(evidence)


def test_each_row_is_its_pair_worked_out_by_hand(store, every, evidence):
    for (i, j), row in zip(every[::7], evidence.iloc[::7].itertuples(), strict=True):
        assert (row.image_id, row.other_id) == (store.image_ids[i], store.image_ids[j])
        first, second = sorted([i, j], key=lambda r: store.image_ids[r])
        one, other = store.features(first), store.features(second)
        matches = match(one.descriptors, other.descriptors, SETTINGS.matching)
        seed = pair_seed(store.image_ids[i], store.image_ids[j], SETTINGS.seed)
        points = one.keypoints[matches[:, 0]], other.keypoints[matches[:, 1]]
        assert row.matches == len(matches)
        assert row.inliers == estimate_affine(*points, SETTINGS.affine, seed)[1].sum()


def test_both_ways_round_are_one_computation(evidence, caplog, store, every):
    there = evidence.set_index(["image_id", "other_id"])["inliers"]
    assert all(there[a, b] == there[b, a] for a, b in there.index)
    with caplog.at_level(logging.INFO):
        verify_pairs(store, np.concatenate([every, every]), SETTINGS, workers=1)
    assert "verified 45 pairs" in caplog.text


def test_neither_order_nor_company_matters(store, every, evidence):
    order = np.random.default_rng(0).permutation(len(every))[:30]
    some = verify_pairs(store, every[order], SETTINGS, workers=1)
    pd.testing.assert_frame_equal(some, evidence.iloc[order].reset_index(drop=True))


def test_processes_find_the_same(store, every, evidence, monkeypatch):
    monkeypatch.setattr(pairs_module, "WORTH_A_POOL", 0)
    monkeypatch.setattr(pairs_module, "BLOCK", 20)
    pd.testing.assert_frame_equal(verify_pairs(store, every, SETTINGS, workers=2), evidence)


def test_two_stores_give_what_one_gives(store, every, evidence, monkeypatch, tmp_path):
    first = LocalFeatureStore.pack(store.image_ids[:4], [store.features(i) for i in range(4)])
    LocalFeatureStore.write(tmp_path, store.image_ids[4:], [store.features(i) for i in range(4, 10)])
    second = LocalFeatureStore.load(tmp_path)
    across = (every[:, 0] < 4) & (every[:, 1] >= 4)
    asked = every[across] - [0, 4]
    expected = evidence[across].reset_index(drop=True)
    pd.testing.assert_frame_equal(verify_pairs(first, asked, SETTINGS, workers=1, others=second), expected)
    monkeypatch.setattr(pairs_module, "WORTH_A_POOL", 0)
    copied, save = [], LocalFeatureStore.save
    monkeypatch.setattr(LocalFeatureStore, "save", lambda s, folder: (copied.append(s), save(s, folder)))
    pd.testing.assert_frame_equal(verify_pairs(first, asked, SETTINGS, workers=2, others=second), expected)
    assert copied == [first]  # what lies on disk is mapped from there


def test_counts_are_those_of_the_evidence(store, every, evidence):
    counts = count_inliers(store, every, SETTINGS, workers=1)
    assert counts.tolist() == evidence[["matches", "inliers"]].to_numpy().tolist()


def test_no_pairs(store):
    evidence = verify_pairs(store, np.zeros((0, 2), np.int64), SETTINGS, workers=2)
    assert checked_evidence(evidence).empty


@pytest.mark.parametrize("row", [[0, 10], [-1, 2]])
def test_a_row_outside_the_store_is_an_error(store, row):
    with pytest.raises(DataError, match=r"pair 1: rows .* of 10 and 10 images"):
        verify_pairs(store, np.array([[0, 1], row]), SETTINGS, workers=1)


def test_seed_of_a_pair():
    assert pair_seed("a", "b", 1) == pair_seed("b", "a", 1)
    assert len({pair_seed(a, b, s) for a, b in [("a", "b"), ("a", "c"), ("ab", "")] for s in (0, 1)}) == 6
    assert all(0 <= pair_seed("a", str(i), 0) < 2**31 for i in range(200))
