import numpy as np
import pytest

from landmark_retrieval.embeddings import Embeddings, JoinedEmbeddings, fingerprint_ids, index_of, normalise
from landmark_retrieval.errors import DataError


def test_ids_and_rows_must_agree():
    vectors = np.eye(3, dtype=np.float32)

    assert Embeddings(np.array(["a", "b", "c"]), vectors).rows_of(["c", "x", "a"]).tolist() == [2, -1, 0]
    with pytest.raises(ValueError, match="do not fit"):
        Embeddings(np.array(["a", "b"]), vectors)
    with pytest.raises(ValueError, match="'a' is repeated"):
        Embeddings(np.array(["a", "b", "a"]), vectors)


def test_position_of_each_id():
    assert index_of(["a", "b", "c"], ["c", "x", "a", "c"]).tolist() == [2, -1, 0, 2]
    assert index_of([], ["a"]).tolist() == [-1]
    assert index_of(np.array(["a", "bb"]), iter(["bb"])).tolist() == [1]
    with pytest.raises(DataError, match="'b' occurs twice"):
        index_of(["a", "b", "b"], ["a"])


def test_normalised_rows_are_unit_and_a_zero_row_stays_zero():
    rows = normalise(np.array([[3.0, 4.0], [0.0, 0.0]]))

    np.testing.assert_allclose(rows, [[0.6, 0.8], [0.0, 0.0]], rtol=1e-6)
    assert rows.dtype == np.float32


def test_fingerprint_tells_order_and_borders_of_ids():
    assert fingerprint_ids(["a", "b"]) != fingerprint_ids(["b", "a"])
    assert fingerprint_ids(["ab"]) != fingerprint_ids(["a", "b"])
    with pytest.raises(ValueError, match="line break"):
        fingerprint_ids(["a\nb"])


def test_joined_embeddings_are_those_of_the_parts_in_their_order():
    rows = np.eye(3, dtype=np.float32)
    first, second = Embeddings(np.array(["a", "b"]), rows[:2]), Embeddings(np.array(["c"]), rows[:1])
    joined = JoinedEmbeddings([first, second])

    assert (joined.image_ids.tolist(), joined.shape) == (["a", "b", "c"], (3, 3))
    np.testing.assert_array_equal(np.concatenate(list(joined)), np.eye(3)[[0, 1, 0]])
    with pytest.raises(DataError, match="'a' is in several"):
        JoinedEmbeddings([first, first])
    with pytest.raises(DataError, match=r"expected one dimension, found 3 .*, 2 "):
        JoinedEmbeddings([first, Embeddings(np.array(["d"]), np.ones((1, 2), np.float32))])
