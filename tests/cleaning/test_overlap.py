import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.cleaning.overlap import (
    OverlapSettings,
    join_proposals,
    overlap_candidates,
    overlap_pairs,
    propose_landmarks,
    propose_listed,
    remove_landmarks,
)
from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking

SETTINGS = OverlapSettings(depth=2, min_inliers=10, strict=True, min_images=1, listed=())
QUERIES = np.array(["q0", "q1", "q2"])
TRAIN = pd.DataFrame({"image_id": ["a", "b", "c", "d"], "landmark_id": [7, 7, 8, 9]})
RANKING = Ranking(
    np.array([[1, 0, 2], [2, 1, 3], [3, -1, -1]]),
    np.float32([[0.9, 0.8, 0.1], [0.7, 0.6, 0.5], [0.4, -np.inf, -np.inf]]),
    4,
)
INLIERS = {("q0", "b"): 50, ("q0", "a"): 11, ("q1", "c"): 10, ("q1", "b"): 12, ("q2", "d"): 0}


def evidence_of(inliers):
    table = pd.DataFrame([(q, i, n + 3, n) for (q, i), n in inliers.items()])
    return table.set_axis(["image_id", "other_id", "matches", "inliers"], axis=1)


@pytest.fixture
def candidates():
    return overlap_candidates(RANKING, QUERIES, TRAIN, evidence_of(INLIERS), SETTINGS)


def test_pairs_are_the_first_of_each_list():
    assert overlap_pairs(RANKING, 2).tolist() == [[0, 1], [0, 0], [1, 2], [1, 1], [2, 3]]


def test_candidates_carry_all_evidence(candidates):
    assert candidates["query_id"].tolist() == ["q0", "q0", "q1", "q1", "q2"]
    assert candidates["image_id"].tolist() == ["b", "a", "c", "b", "d"]
    assert candidates["landmark_id"].tolist() == [7, 7, 8, 7, 9]
    np.testing.assert_allclose(candidates["similarity"], [0.9, 0.8, 0.7, 0.6, 0.4], rtol=1e-6)
    assert candidates["rank"].tolist() == [0, 1, 0, 1, 0]
    assert candidates["inliers"].tolist() == [50, 11, 10, 12, 0]
    assert candidates["verified"].tolist() == [True, True, False, True, False]


def test_bound_reached_is_enough_if_not_strict():
    loose = SETTINGS.model_copy(update={"strict": False})
    verified = overlap_candidates(RANKING, QUERIES, TRAIN, evidence_of(INLIERS), loose)["verified"]
    assert verified.tolist() == [True, True, True, True, False]


def test_order_of_evidence_changes_nothing(candidates):
    shuffled = evidence_of(INLIERS).iloc[::-1]
    pd.testing.assert_frame_equal(overlap_candidates(RANKING, QUERIES, TRAIN, shuffled, SETTINGS), candidates)


def test_a_pair_without_evidence_is_an_error():
    del (lacking := dict(INLIERS))["q1", "b"]
    with pytest.raises(DataError, match="none for the pair 'q1', 'b'"):
        overlap_candidates(RANKING, QUERIES, TRAIN, evidence_of(lacking), SETTINGS)


def test_other_images_than_ranked_are_an_error():
    with pytest.raises(DataError, match="3 images in 4 does not fit 3 evaluation and 3 training"):
        overlap_candidates(RANKING, QUERIES, TRAIN.iloc[1:], evidence_of(INLIERS), SETTINGS)


def test_proposed_landmarks(candidates):
    proposed = propose_landmarks(candidates, SETTINGS)
    assert len(proposed) == 1
    row = proposed.iloc[0]
    assert row[["landmark_id", "queries", "images", "best_inliers"]].tolist() == [7, 2, 2, 50]
    assert row["best_similarity"] == pytest.approx(0.9)
    assert row["reason"] == "verified images: 2, by queries: 2, inliers: up to 50"


def test_more_images_may_be_asked_for(candidates):
    assert len(propose_landmarks(candidates, SETTINGS.model_copy(update={"min_images": 2}))) == 1
    assert propose_landmarks(candidates, SETTINGS.model_copy(update={"min_images": 3})).empty


def test_nothing_verified_proposes_nothing(candidates, make_manifest):
    proposed = propose_landmarks(candidates.assign(verified=False), SETTINGS)
    assert proposed.empty
    manifest = make_manifest({"a": 7})
    pd.testing.assert_frame_equal(remove_landmarks(manifest, proposed, "overlap"), manifest)


def test_joined_proposals(candidates):
    listed = propose_listed({9: "listed", 7: "listed"})
    joined = join_proposals([propose_landmarks(candidates, SETTINGS), listed])
    assert joined["landmark_id"].tolist() == [7, 9]
    assert joined["images"].tolist() == [2, 0]
    assert joined["best_similarity"].fillna(-1).tolist() == pytest.approx([0.9, -1])
    assert joined["reason"].tolist() == [
        "verified images: 2, by queries: 2, inliers: up to 50; listed",
        "listed",
    ]
    assert join_proposals([propose_listed({})]).empty


def test_landmarks_go_whole(make_manifest):
    manifest = make_manifest({"a": 7, "b": 7, "c": 8, "d": 9})
    manifest.loc[1, ["kept", "reason"]] = [False, "wrong label"]
    cleaned = remove_landmarks(manifest, propose_listed({7: "listed", 9: "seen"}), "also in rparis6k")
    assert cleaned["kept"].tolist() == [False, False, True, False]
    assert cleaned["reason"].tolist() == [
        "also in rparis6k: listed",
        "wrong label",
        "as published",
        "also in rparis6k: seen",
    ]
    assert manifest["kept"].sum() == 3


def test_an_unknown_or_repeated_landmark_is_an_error(make_manifest):
    manifest = make_manifest({"a": 7})
    with pytest.raises(DataError, match="landmark 11 is not in the manifest"):
        remove_landmarks(manifest, propose_listed({11: "listed"}), "overlap")
    with pytest.raises(DataError, match="landmark 7 is proposed twice"):
        remove_landmarks(manifest, pd.concat([propose_listed({7: "x"})] * 2), "overlap")
