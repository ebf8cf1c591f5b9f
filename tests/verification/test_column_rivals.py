import numpy as np
import pytest

from landmark_retrieval.verification.column_rivals import two_largest


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (2, 3), (37, 150), (64, 64), (65, 33)])
def test_agrees_with_sorting_each_column(shape):
    matrix = np.random.default_rng(0).integers(-5, 6, shape).astype(np.float32) / 4  # many ties
    largest, second, rows = two_largest(matrix)
    for j, column in enumerate(matrix.T.tolist()):
        ordered = sorted(column, reverse=True)
        assert largest[j] == ordered[0]
        assert second[j] == (ordered[1] if len(ordered) > 1 else -np.inf)
        assert rows[j] == column.index(ordered[0])
