import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.search.identity import check_ids, ids_fingerprint

QUERIES, INDEX = ["q0", "q1"], ["a", "b", "c"]


def ranking(fingerprint: str) -> Ranking:
    return Ranking(np.array([[0], [2]]), np.ones((2, 1), np.float32), 3, fingerprint)


def test_accepts_its_own_images_and_those_without_a_fingerprint():
    own = ranking(ids_fingerprint(QUERIES, INDEX))

    assert check_ids(own, np.array(QUERIES), np.array(INDEX)) is None
    assert check_ids(ranking(""), QUERIES, INDEX) is None


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
        check_ids(ranking(ids_fingerprint(QUERIES, INDEX)), queries, index)


def test_every_change_of_ids_changes_the_fingerprint():
    same = ids_fingerprint(["a", "b"], ["c"])

    assert same == ids_fingerprint(iter(["a", "b"]), iter(["c"]))
    others = [(["b", "a"], ["c"]), (["a"], ["b", "c"]), (["a", "b", "c"], []), (["c"], ["a", "b"])]
    assert len({same, *(ids_fingerprint(*ids) for ids in others)}) == 5
