import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.verification import products
from landmark_retrieval.verification.products import MAX_INTEGER_DIM, Operand, has_exact_integers, product


def as_cosines(first, second):
    shifts = first.shift[:, None] + second.shift
    return (product(first, second).astype(np.float32) + shifts) * (first.scale[:, None] * second.scale)


def dots(first, second):
    """The products of the descriptors themselves, as `rivals` restores them."""
    return product(first, second).astype(np.float32) + (first.shift[:, None] + second.shift)


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("dim", [1, 40, 128, MAX_INTEGER_DIM])
def test_products_of_bytes_are_exact(dim, exact, monkeypatch):
    monkeypatch.setattr(products, "has_exact_integers", lambda: exact and has_exact_integers())
    rng = np.random.default_rng(dim)
    first, second = (rng.choice([0, 255, 254, 1, 100], (n, dim)).astype(np.uint8) for n in (33, 50))
    first[:3], second[:3] = 255, 255
    first[3], second[3] = 0, 0
    expected = first.astype(np.int64) @ second.T.astype(np.int64)
    np.testing.assert_array_equal(
        dots(Operand.of(first, rounded=False), Operand.of(second, rounded=False)), expected
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.float16, np.float32])
def test_cosines_of_any_kind(dtype):
    rng = np.random.default_rng(0)
    first, second = ((rng.uniform(0, 200, (n, 24))).astype(dtype) for n in (9, 12))
    unit = [(x / np.linalg.norm(x.astype(float), axis=1, keepdims=True)) for x in (first, second)]
    found = as_cosines(Operand.of(first, rounded=False), Operand.of(second, rounded=False))
    np.testing.assert_allclose(found, unit[0] @ unit[1].T, atol=1e-6)
    np.testing.assert_allclose(Operand.of(first, rounded=False).unit_rows(), unit[0], atol=1e-6)


def test_longer_bytes_are_multiplied_as_floats():
    rng = np.random.default_rng(1)
    long = rng.integers(0, 256, (5, MAX_INTEGER_DIM + 1), dtype=np.uint8)
    assert Operand.of(long, rounded=False).rows.dtype == np.float32
    np.testing.assert_allclose(
        np.diag(as_cosines(Operand.of(long, rounded=False), Operand.of(long, rounded=False))), 1, atol=1e-6
    )


def test_zeros_are_like_nothing():
    zeros = Operand.of(np.zeros((2, 8), np.uint8), rounded=False)
    assert not as_cosines(zeros, Operand.of(np.full((3, 8), 7, np.uint8), rounded=False)).any()


def test_kinds_do_not_mix():
    bytes_, floats = (
        Operand.of(np.ones((2, 8), np.uint8), rounded=False),
        Operand.of(np.ones((2, 8), np.float32), rounded=False),
    )
    with pytest.raises(DataError, match="8-d int8 and 8-d float32"):
        product(bytes_, floats)
    with pytest.raises(DataError, match="8-d float32 and 9-d float32"):
        product(floats, Operand.of(np.ones((2, 9), np.float16), rounded=False))
    with pytest.raises(DataError, match="found int16"):
        Operand.of(np.ones((2, 8), np.int16), rounded=False)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_rounded_cosines_err_little_and_are_sums_of_integers(dtype):
    rng = np.random.default_rng(3)
    first, second = (rng.normal(size=(n, 40)).astype(dtype) for n in (200, 150))
    second[:50] = first[:50] + rng.normal(0, 0.1, (50, 40))
    rounded = [Operand.of(side, rounded=True) for side in (first, second)]
    plain = [Operand.of(side, rounded=False) for side in (first, second)]
    assert product(*rounded).dtype == np.int32
    np.testing.assert_array_equal(
        product(*rounded), rounded[0].rows.astype(int) @ rounded[1].rows.T.astype(int)
    )
    errors = np.abs(as_cosines(*rounded) - as_cosines(*plain))
    assert 0 < errors.mean() < 0.002
    assert errors.max() < 0.02
    np.testing.assert_allclose(
        as_cosines(*rounded), rounded[0].unit_rows() @ rounded[1].unit_rows().T, atol=1e-6
    )
    assert not as_cosines(Operand.of(np.zeros((1, 40), dtype), rounded=True), rounded[0]).any()


def test_bytes_and_rounded_floats_do_not_mix():
    with pytest.raises(DataError, match="of one kind"):
        product(
            Operand.of(np.ones((2, 8), np.uint8), rounded=True),
            Operand.of(np.ones((2, 8), np.float32), rounded=True),
        )
