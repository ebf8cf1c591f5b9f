import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.metrics.alignment import rows_in


def test_rows_in_finds_each_id():
    assert rows_in(["a", "b", "c"], ["c", "x", "a", "c"]).tolist() == [2, -1, 0, 2]
    assert rows_in([], ["a"]).tolist() == [-1]


def test_rows_in_refuses_a_repeated_id():
    with pytest.raises(DataError, match="'b' stands twice"):
        rows_in(["a", "b", "b"], ["a"])
