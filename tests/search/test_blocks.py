import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.search.blocks import check_finite, read_blocks


def test_blocks_cover_all_rows_as_float32():
    vectors = np.arange(14, dtype=np.float16).reshape(7, 2)

    blocks = list(read_blocks(vectors, "index", 3))

    assert [start for start, _ in blocks] == [0, 3, 6]
    np.testing.assert_array_equal(np.vstack([block for _, block in blocks]), vectors)
    assert all(block.dtype == np.float32 for _, block in blocks)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_row_that_is_not_finite_is_named(bad):
    vectors = np.zeros((7, 2), dtype=np.float32)
    vectors[5, 1] = bad

    with pytest.raises(DataError, match="index row 5"):
        list(read_blocks(vectors, "index", 2))
    with pytest.raises(DataError, match="query row 15"):
        check_finite(vectors, "query", first_row=10)
