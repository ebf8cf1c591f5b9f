import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.labels.landmarks import check_landmarks

pytestmark = pytest.mark.costly


@pytest.mark.parametrize(("n_queries", "n_index"), [(1, 5), (2, 4), (3, 5)])
def test_landmarks_of_other_images_are_refused(n_queries, n_index):
    ranking = Ranking(np.zeros((2, 1), dtype=np.int64), np.zeros((2, 1), dtype=np.float32), 5)

    with pytest.raises(DataError, match=r"expected \(2,\) and \(5,\)"):
        check_landmarks(ranking, np.zeros(n_queries, np.int64), np.zeros(n_index, np.int64))


def test_one_landmark_for_each_image():
    ranking = Ranking(np.zeros((2, 1), dtype=np.int64), np.zeros((2, 1), dtype=np.float32), 5)

    assert check_landmarks(ranking, np.zeros(2, np.int64), np.zeros(5, np.int64)) is None
