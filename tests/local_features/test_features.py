import numpy as np
import pytest

from landmark_retrieval.local_features.features import LocalFeatures


@pytest.mark.parametrize(
    ("keypoints", "descriptors"), [((3, 2), (2, 4)), ((2, 2), (3, 4)), ((3, 3), (3, 4)), ((3, 2), (3,))]
)
def test_rows_must_agree(keypoints, descriptors):
    with pytest.raises(ValueError, match="must be"):
        LocalFeatures(
            np.zeros(keypoints, np.float32), np.zeros(descriptors, np.float32), np.zeros(3, np.float32)
        )
