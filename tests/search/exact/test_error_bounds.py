import numpy as np
import pytest
import torch

from landmark_retrieval.parallel.map_chunks import map_chunks
from landmark_retrieval.search.exact.error_bounds import (
    Norms,
    absolute_error,
    exact_norms,
    full_precision_products,
    relative_error,
)
from landmark_retrieval.search.exact.rounded_rows import RoundedRows
from landmark_retrieval.search.exact.scores import pair_scores


def rounded(vectors, precision):
    rows = RoundedRows(len(vectors), vectors.shape[1], precision)
    with map_chunks() as run:
        rows.read(vectors, "row", 0, run)
    return rows


def adversarial(seed, n, dim):
    """Every element half a step of bfloat16 away from a bfloat16, all in one direction."""
    mantissa = np.random.default_rng(seed).integers(0, 128, (n, dim)).astype(np.uint32)
    return ((np.uint32(0x3F80) + mantissa << np.uint32(16)) + np.uint32(0x7FFF)).view(np.float32)


def gaussian(seed, n, dim):
    return np.random.default_rng(seed).standard_normal((n, dim)).astype(np.float32)


def tiny(seed, n, dim):
    return gaussian(seed, n, dim) * np.float32(1e-21)


@pytest.mark.parametrize("make", [gaussian, adversarial, tiny])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("dim", [1, 3, 2048])
@pytest.mark.parametrize(("n_queries", "n_index"), [(40, 60), (1, 60), (40, 1), (1, 1)])
def test_products_stay_within_the_bound(make, precision, dim, n_queries, n_index):
    queries, index = make(0, n_queries, dim), make(1, n_index, dim)
    exact = pair_scores(queries, index, np.tile(np.arange(n_index), (n_queries, 1))).astype(np.float64)
    q, x = rounded(queries, precision), rounded(index, precision)

    products = torch.mm(q.tensor(slice(None)), x.tensor(slice(None)).T).double().numpy()

    allowed = absolute_error(q.norms, x.norms.longest(), dim, precision)[:, None]
    assert (np.abs(products - exact) <= allowed + relative_error(precision) * np.abs(products)).all()


def test_the_bound_is_near_what_happens_at_worst():
    queries = adversarial(0, 50, 256)
    rows = rounded(queries, "bfloat16")
    products = torch.mm(rows.tensor(slice(None)), rows.tensor(slice(None)).T).double().numpy()
    exact = queries.astype(np.float64) @ queries.T.astype(np.float64)
    allowed = absolute_error(rows.norms, rows.norms.longest(), 256, "bfloat16")[:, None]

    share = np.abs(products - exact) / (allowed + relative_error("bfloat16") * np.abs(products))

    assert 0.5 < share.max() <= 1


def test_float32_may_be_summed_in_any_order():
    queries, index = gaussian(2, 50, 2048), gaussian(3, 50, 2048)
    exact = queries.astype(np.float64) @ index.astype(np.float64).T
    sequential = np.cumsum(queries[:, None] * index[None], axis=2, dtype=np.float32)[..., -1]

    bound = absolute_error(exact_norms(queries), exact_norms(index).longest(), 2048, "float32")

    assert (np.abs(sequential - exact) <= bound[:, None]).all()


def test_what_may_overflow_has_no_bound():
    long, short = Norms(*np.full((3, 1), 1e30)), Norms(*np.full((3, 1), 1.0))

    assert np.isinf(absolute_error(long, long, 8, "bfloat16"))
    assert np.isfinite(absolute_error(long, short, 8, "bfloat16"))


def test_norms_join_to_the_larger_of_each():
    norms = Norms.from_squares(np.array([[4.0, 1.0, 9.0], [16.0, 0.25, 1.0]]))

    joined = norms.longest().joined(Norms(*np.full((3, 1), 2.5)))

    assert (joined.exact, joined.rounded, joined.difference) == (4.0, 2.5, 3.0)
    assert (Norms.zero().exact, Norms.zero().difference) == (0.0, 0.0)


def test_exact_norms_are_lengths_in_float64():
    vectors = gaussian(4, 30, 700) * np.float32(1e25)

    norms = exact_norms(vectors)

    expected = [sum(float(x) ** 2 for x in row) ** 0.5 for row in vectors]
    np.testing.assert_allclose(norms.exact, expected, rtol=1e-13)
    np.testing.assert_array_equal(norms.rounded, norms.exact)
    assert not norms.difference.any()


def state():
    reduced = torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction
    return torch.get_float32_matmul_precision(), reduced, torch.get_num_threads()


def fail_after_a_change(expected):
    with full_precision_products():
        assert state() == expected
        torch.set_num_threads(1)
        raise KeyError


def test_settings_of_torch_are_restored_also_after_an_error():
    before = state()
    torch.set_float32_matmul_precision("medium")
    try:
        with pytest.raises(KeyError):
            fail_after_a_change(("highest", False, before[2]))
        assert state() == ("medium", *before[1:])
    finally:
        torch.set_float32_matmul_precision(before[0])
