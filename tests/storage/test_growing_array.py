import numpy as np
import pytest

from landmark_retrieval.storage.growing_array import GrowingArray


@pytest.mark.parametrize("lengths", [[3], [1, 0, 4], [0, 0, 2], [0], [9] * 20])
@pytest.mark.parametrize("row_shape", [(), (2,), (3, 4)])
def test_reads_back_as_the_rows_that_were_appended(tmp_path, lengths, row_shape):
    rng = np.random.default_rng(0)
    blocks = [rng.standard_normal((n, *row_shape)) for n in lengths]
    with GrowingArray(tmp_path / "a.npy", np.float16) as array:
        for block in blocks:
            array.append(block)
    found = np.load(tmp_path / "a.npy", mmap_mode="r")
    assert found.dtype == np.float16
    np.testing.assert_array_equal(found, np.concatenate(blocks).astype(np.float16))


def test_nothing_appended_is_an_empty_array(tmp_path):
    with GrowingArray(tmp_path / "a.npy", np.int64):
        pass
    assert np.load(tmp_path / "a.npy").shape == (0,)


def test_the_first_rows_decide_on_the_shape(tmp_path):
    with GrowingArray(tmp_path / "a.npy", np.float32) as array:
        array.append(np.zeros((0, 5)))
        array.append(np.ones((2, 3)))
        array.append(np.zeros((0, 7)))
        with pytest.raises(ValueError, match=r"expected rows of shape \(3,\), found \(4,\)"):
            array.append(np.ones((1, 4)))
    assert np.load(tmp_path / "a.npy").shape == (2, 3)
