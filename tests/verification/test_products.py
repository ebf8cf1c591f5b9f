import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.verification import products
from landmark_retrieval.verification.products import (
    MAX_BYTES_DIM,
    MAX_DIM,
    PreparedDescriptors,
    has_exact_integers,
    product,
)


def as_cosines(first, second):
    shifts = first.shift[:, None] + second.shift
    return (product(first, second).astype(np.float32) + shifts) * (first.scale[:, None] * second.scale)


def dots(first, second):
    """The products of the descriptors themselves, as `rivals` restores them."""
    return product(first, second).astype(np.float32) + (first.shift[:, None] + second.shift)


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("dim", [1, 40, 128, MAX_BYTES_DIM])
def test_products_of_bytes_are_exact(dim, exact, monkeypatch):
    monkeypatch.setattr(products, "has_exact_integers", lambda: exact and has_exact_integers())
    rng = np.random.default_rng(dim)
    first, second = (rng.choice([0, 255, 254, 1, 100], (n, dim)).astype(np.uint8) for n in (33, 50))
    first[:3], second[:3] = 255, 255
    first[3], second[3] = 0, 0
    expected = first.astype(np.int64) @ second.T.astype(np.int64)
    np.testing.assert_array_equal(
        dots(PreparedDescriptors.of(first), PreparedDescriptors.of(second)), expected
    )


@pytest.mark.parametrize(("dim", "error"), [(24, 1e-6), (MAX_BYTES_DIM + 1, 0.005)])
def test_cosines_of_bytes(dim, error):
    rng = np.random.default_rng(0)
    first, second = (rng.uniform(0, 200, (n, dim)).astype(np.uint8) for n in (9, 12))
    unit = [(x / np.linalg.norm(x.astype(float), axis=1, keepdims=True)) for x in (first, second)]
    found = as_cosines(PreparedDescriptors.of(first), PreparedDescriptors.of(second))
    np.testing.assert_allclose(found, unit[0] @ unit[1].T, atol=error)
    np.testing.assert_allclose(PreparedDescriptors.of(first).unit_rows(), unit[0], atol=error)


@pytest.mark.parametrize("exact", [True, False])
def test_the_longest_descriptors_are_multiplied_exactly(exact, monkeypatch):
    monkeypatch.setattr(products, "has_exact_integers", lambda: exact and has_exact_integers())
    longest = PreparedDescriptors.of(np.full((3, MAX_DIM), -1, np.float32))
    np.testing.assert_array_equal(product(longest, longest), 127**2 * MAX_DIM)
    with pytest.raises(DataError, match=f"at most {MAX_DIM} dimensions, found {MAX_DIM + 1}"):
        PreparedDescriptors.of(np.ones((3, MAX_DIM + 1), np.float32))


def test_zeros_are_like_nothing():
    zeros = PreparedDescriptors.of(np.zeros((2, 8), np.uint8))
    assert not as_cosines(zeros, PreparedDescriptors.of(np.full((3, 8), 7, np.uint8))).any()


def test_kinds_do_not_mix():
    bytes_, floats = (
        PreparedDescriptors.of(np.ones((2, 8), np.uint8)),
        PreparedDescriptors.of(np.ones((2, 8), np.float32)),
    )
    with pytest.raises(DataError, match="8-d bytes and 8-d floats"):
        product(bytes_, floats)
    with pytest.raises(DataError, match="8-d floats and 9-d floats"):
        product(floats, PreparedDescriptors.of(np.ones((2, 9), np.float16)))
    with pytest.raises(DataError, match="found int16"):
        PreparedDescriptors.of(np.ones((2, 8), np.int16))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_rounded_cosines_err_little_and_are_sums_of_integers(dtype):
    rng = np.random.default_rng(3)
    first, second = (rng.normal(size=(n, 40)).astype(dtype) for n in (200, 150))
    second[:50] = first[:50] + rng.normal(0, 0.1, (50, 40))
    rounded = [PreparedDescriptors.of(side) for side in (first, second)]
    exact = [side / np.linalg.norm(side.astype(float), axis=1, keepdims=True) for side in (first, second)]
    np.testing.assert_array_equal(
        product(*rounded), rounded[0].rows.astype(int) @ rounded[1].rows.T.astype(int)
    )
    errors = np.abs(as_cosines(*rounded) - exact[0] @ exact[1].T)
    assert 0 < errors.mean() < 0.002
    assert errors.max() < 0.02
    np.testing.assert_allclose(
        as_cosines(*rounded), rounded[0].unit_rows() @ rounded[1].unit_rows().T, atol=1e-6
    )
    assert not as_cosines(PreparedDescriptors.of(np.zeros((1, 40), dtype)), rounded[0]).any()
