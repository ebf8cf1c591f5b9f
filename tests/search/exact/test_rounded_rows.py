import numpy as np
import pytest
import torch

from landmark_retrieval.errors import DataError
from landmark_retrieval.parallel.map_chunks import map_chunks
from landmark_retrieval.search.exact.rounded_rows import RoundedRows


def read(vectors, precision, room=None):
    rows = RoundedRows(room or len(vectors), vectors.shape[1], precision)
    with map_chunks() as run:
        rows.read(vectors, "index", 100, run)
    return rows


@pytest.fixture
def vectors():
    rng = np.random.default_rng(0)
    vectors = (rng.standard_normal((1_300, 21)) * 10.0 ** rng.integers(-6, 4, (1_300, 1))).astype(np.float32)
    vectors[0, :6] = [0.0, -0.0, 1.00390625, 1.01171875, -1.00390625, 3e38]
    return vectors


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_rows_are_rounded_as_torch_rounds(vectors, dtype, tmp_path):
    np.save(tmp_path / "v.npy", np.clip(vectors, -6e4, 6e4).astype(dtype))
    mapped = np.load(tmp_path / "v.npy", mmap_mode="r")
    wide = torch.from_numpy(mapped.astype(np.float32))

    rows = read(mapped, "bfloat16", room=2_000)

    assert len(rows) == 1_300
    expected = wide.bfloat16()
    assert torch.equal(rows.tensor(slice(5, 900)).view(torch.int16), expected[5:900].view(torch.int16))
    for norms, of in ((rows.norms.exact, wide), (rows.norms.rounded, expected)):
        np.testing.assert_allclose(norms, of.double().norm(dim=1), rtol=1e-12)
    difference = (wide.double() - expected.double()).norm(dim=1)
    np.testing.assert_allclose(rows.norms.difference, difference, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_float32_rows_stay_what_they_are(vectors, dtype):
    given = np.asfortranarray(np.clip(vectors, -6e4, 6e4).astype(dtype))

    rows = read(given, "float32")

    np.testing.assert_array_equal(rows.tensor(slice(None)).numpy(), given.astype(np.float32))
    assert not rows.norms.difference.any()


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(dtype, precision, bad):
    vectors = np.ones((40, 9), dtype=dtype)
    vectors[30, 8] = vectors[35, 0] = bad

    with pytest.raises(DataError, match="index row 130"):
        read(vectors, precision)
