import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.overlap.pairs import overlap_pairs, pairs_to_verify
from landmark_retrieval.overlap.settings import OverlapSettings
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.verification.evidence import Evidence

SETTINGS = OverlapSettings(
    depth=2,
    min_inliers=11,
    min_images=1,
    name_similarity=None,
    max_namesakes=3,
    listed=(),
    rule="any",
    undecided="remove",
    expected=None,
)
QUERIES = np.array(["q0", "q1", "q2"])
TRAIN = pd.DataFrame({"image_id": ["a", "b", "c", "d"], "landmark_id": [7, 7, 8, 9]})
RANKING = Ranking(
    np.array([[1, 0, 2], [2, 1, 3], [3, -1, -1]]),
    np.float32([[0.9, 0.8, 0.1], [0.7, 0.6, 0.5], [0.4, -np.inf, -np.inf]]),
    4,
)
INLIERS = {("q0", "b"): 50, ("q0", "a"): 11, ("q1", "c"): 10, ("q1", "b"): 12, ("q2", "d"): 0}


def evidence_of(inliers, other_ids=("x", "d", "c", "b", "a")):
    queries, others = ["q2", "q1", "q0"], list(other_ids)
    found = {(queries.index(q), others.index(i)): n for (q, i), n in inliers.items()}
    pairs = sorted(found)
    counts = np.array([found[pair] for pair in pairs], dtype=np.int32)
    transforms = np.tile(np.eye(3, dtype=np.float32), (len(pairs), 1, 1))
    transforms[counts == 0] = np.nan
    return Evidence(
        np.array(queries),
        np.array(others),
        np.array(pairs, dtype=np.int32),
        np.ones(len(pairs), np.uint8),
        counts + np.int32(3),
        counts,
        transforms,
        np.append(0, counts.cumsum()).astype(np.int64),
        np.zeros((counts.sum(), 4), np.uint16),
    )


@pytest.fixture
def pairs():
    return overlap_pairs("rworld", RANKING, QUERIES, TRAIN, evidence_of(INLIERS), SETTINGS)


def test_the_first_of_each_list_are_verified():
    assert pairs_to_verify(RANKING, 2).tolist() == [[0, 1], [0, 0], [1, 2], [1, 1], [2, 3]]


def test_pairs_carry_all_evidence(pairs):
    assert pairs.columns.tolist() == [
        *("benchmark", "query_id", "image_id", "landmark_id", "similarity", "rank", "matches", "inliers"),
        "verified",
    ]
    assert pairs["benchmark"].tolist() == ["rworld"] * 5
    assert pairs["query_id"].tolist() == ["q0", "q0", "q1", "q1", "q2"]
    assert pairs["image_id"].tolist() == ["b", "a", "c", "b", "d"]
    assert pairs["landmark_id"].tolist() == [7, 7, 8, 7, 9]
    np.testing.assert_allclose(pairs["similarity"], [0.9, 0.8, 0.7, 0.6, 0.4], rtol=1e-6)
    assert pairs["rank"].tolist() == [0, 1, 0, 1, 0]
    assert pairs["matches"].tolist() == [53, 14, 13, 15, 3]
    assert pairs["inliers"].tolist() == [50, 11, 10, 12, 0]
    assert pairs["verified"].tolist() == [True, True, False, True, False]


def test_reaching_the_bound_is_enough():
    loose = SETTINGS.model_copy(update={"min_inliers": 10})
    table = overlap_pairs("rworld", RANKING, QUERIES, TRAIN, evidence_of(INLIERS), loose)
    assert table["verified"].tolist() == [True, True, True, True, False]


def test_order_of_evidence_changes_nothing(pairs):
    other = evidence_of(INLIERS, ("b", "a", "d", "c"))
    again = overlap_pairs("rworld", RANKING, QUERIES, TRAIN, other, SETTINGS)
    pd.testing.assert_frame_equal(again, pairs)


@pytest.mark.parametrize("others", [("a", "b", "c", "d"), ("a", "d", "c")])
def test_a_pair_without_evidence_is_an_error(others):
    lacking = {(q, i): n for (q, i), n in INLIERS.items() if i in others and (q, i) != ("q1", "b")}
    missing = "'q1', 'b'" if "b" in others else "'q0', 'b'"
    with pytest.raises(DataError, match=f"none for the pair {missing}"):
        overlap_pairs("rworld", RANKING, QUERIES, TRAIN, evidence_of(lacking, others), SETTINGS)


def test_other_images_than_ranked_are_an_error():
    with pytest.raises(DataError, match="3 images in 4 does not fit 3 evaluation and 3 training"):
        overlap_pairs("rworld", RANKING, QUERIES, TRAIN.iloc[1:], evidence_of(INLIERS), SETTINGS)
