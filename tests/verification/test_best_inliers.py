import numpy as np

from landmark_retrieval.verification.best_inliers import best_inliers
from landmark_retrieval.verification.evidence import Evidence


def evidence(ids: list[str], others: list[str], pairs: list[tuple[int, int, int]]) -> Evidence:
    n = len(pairs)
    image_ids = np.array(ids)
    found = np.array([pair[2] > 0 for pair in pairs])
    return Evidence(
        image_ids=image_ids,
        other_ids=image_ids if others is ids else np.array(others),
        pairs=np.array([pair[:2] for pair in pairs], dtype=np.int32).reshape(n, 2),
        direction=np.ones(n, dtype=np.uint8),
        matches=np.array([pair[2] for pair in pairs], dtype=np.int32),
        inliers=np.array([pair[2] for pair in pairs], dtype=np.int32),
        transforms=np.where(found[:, None, None], np.eye(3), np.nan).astype(np.float32),
        offsets=np.r_[0, np.cumsum([pair[2] for pair in pairs])].astype(np.int64),
        matched=np.zeros((sum(pair[2] for pair in pairs), 4), dtype=np.uint16),
    )


def test_best_inliers():
    train = ["a", "b", "c", "d"]
    within = evidence(train, train, [(0, 1, 5), (0, 2, 9), (1, 2, 0)])
    queries = evidence(["q", "r"], train, [(0, 1, 7), (1, 1, 3)])
    assert best_inliers([within, queries], ["a", "b", "c", "d"]) == {"a": 9, "b": 7, "c": 9}
    assert best_inliers([within], ["b"]) == {"b": 5}
    assert best_inliers([], ["a"]) == {}
