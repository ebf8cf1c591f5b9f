import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.features import LocalFeatures
from landmark_retrieval.local_features.storage.store import LocalFeatureStore
from landmark_retrieval.reranking.geometry import Geometry, inlier_counts
from landmark_retrieval.verification.affine import AffineSettings
from landmark_retrieval.verification.matching import MatchingSettings
from landmark_retrieval.verification.pairs import verify_pairs
from landmark_retrieval.verification.settings import VerificationSettings

SETTINGS = VerificationSettings(
    matching=MatchingSettings(method="product", mutual=True, max_distance=0.9, ratio=0.9),
    consensus=AffineSettings(threshold_px=5, iterations=1000, confidence=0.999),
    seed=5,
)
POINTS = np.random.default_rng(0).uniform(0, 300, (12, 2)).astype(np.float32)


def view(n: int) -> LocalFeatures:
    """The first `n` points of one scene."""
    return LocalFeatures(POINTS[:n], np.eye(12, dtype=np.float32)[:n], np.ones(n, np.float32))


@pytest.fixture
def geometry() -> Geometry:
    queries = LocalFeatureStore.pack(["q0", "q1"], [view(12), view(6)])
    index = LocalFeatureStore.pack(["x0", "x1", "x2", "x3"], [view(8), view(0), view(12), view(5)])
    return Geometry(queries, index, SETTINGS)


def test_inliers_of_each_listed_image(geometry):
    found = inlier_counts(geometry, np.array([[2, 0, 1], [3, 2, -1]]))
    assert found.tolist() == [[12, 8, 0], [5, 6, 0]]


def test_inliers_within_the_index_are_the_same_both_ways(geometry):
    positions = np.array([[2, 3], [0, -1], [0, 2], [-1, -1]], dtype=np.int32)
    found = inlier_counts(geometry, positions, "index")
    assert found.tolist() == [[8, 5], [0, 0], [8, 12], [0, 0]]
    evidence = verify_pairs(geometry.index, np.array([[0, 2]]), SETTINGS, workers=1)
    assert found[0, 0] == evidence.inliers[0]


def test_an_image_of_both_sides_is_read_from_each(geometry):
    both = Geometry(
        LocalFeatureStore.pack(["x0"], [view(7)]), LocalFeatureStore.pack(["x0"], [view(9)]), SETTINGS
    )
    assert inlier_counts(both, np.array([[0]])).tolist() == [[7]]


def test_local_features_of_other_images_are_refused(geometry):
    geometry.check(geometry.queries.image_ids, geometry.index.image_ids)
    with pytest.raises(DataError, match="of the index images"):
        geometry.check(geometry.queries.image_ids, geometry.index.image_ids[::-1])
    with pytest.raises(DataError, match="of the query images"):
        geometry.check(geometry.queries.image_ids[:1], geometry.index.image_ids)
