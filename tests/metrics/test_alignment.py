import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.metrics.alignment import check_rows, rows_in
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.search.rows import rows_fingerprint

QUERIES, INDEX = ["q0", "q1"], ["a", "b", "c"]


def ranking(rows: str) -> Ranking:
    return Ranking(np.array([[0], [2]]), np.ones((2, 1), np.float32), 3, rows)


def test_accepts_its_own_images_and_those_without_a_fingerprint():
    check_rows(ranking(rows_fingerprint(QUERIES, INDEX)), np.array(QUERIES), np.array(INDEX))
    check_rows(ranking(""), QUERIES, INDEX)


@pytest.mark.parametrize(
    ("queries", "index", "message"),
    [
        (QUERIES, ["a", "c", "b"], "made for other images"),
        (QUERIES[::-1], INDEX, "made for other images"),
        (QUERIES[:1], INDEX, "2 queries and 3 index images, but 1 and 3"),
        (QUERIES, [*INDEX, "d"], "but 2 and 4"),
    ],
)
def test_refuses_other_images(queries, index, message):
    with pytest.raises(DataError, match=message):
        check_rows(ranking(rows_fingerprint(QUERIES, INDEX)), queries, index)


def test_rows_in_finds_each_id():
    assert rows_in(np.array(INDEX), ["c", "x", "a", "c"]).tolist() == [2, -1, 0, 2]
    assert rows_in([], ["a"]).tolist() == [-1]


def test_rows_in_refuses_a_repeated_id():
    with pytest.raises(DataError, match="'b' stands twice"):
        rows_in(["a", "b", "b"], ["a"])
