import numpy as np
import pytest

from landmark_retrieval.search.candidates import scan_index
from landmark_retrieval.search.keys import unpack


@pytest.mark.parametrize("backend", ["faiss", "torch"])
def test_proposes_the_best_rows_of_all_blocks(backend):
    rng = np.random.default_rng(0)
    queries, index = (rng.standard_normal((n, 24)).astype(np.float32) for n in (2_000, 90))

    keys, longest = scan_index(queries, index, 10, backend, block_rows=7)

    scores, rows = unpack(np.sort(keys, axis=1))
    products = queries @ index.T
    np.testing.assert_allclose(scores, -np.sort(-products, axis=1)[:, :10], atol=1e-5)
    np.testing.assert_allclose(scores, np.take_along_axis(products, rows, axis=1), atol=1e-5)
    assert longest == pytest.approx(np.linalg.norm(index, axis=1).max())
