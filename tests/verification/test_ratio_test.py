import numpy as np
import pytest

from landmark_retrieval.verification.ratio_test import largest_excluding, two_largest

SHAPES = [(1, 1), (1, 7), (7, 1), (2, 3), (37, 150), (64, 64), (65, 33)]


def make(shape, dtype):
    """A product with many ties, shifts and scales that are exact in float32, and the cosines."""
    rng = np.random.default_rng(0)
    product = rng.integers(-5, 6, shape).astype(dtype)
    sides = [
        (rng.integers(-2, 3, n).astype(np.float32), rng.choice([0.25, 0.5, 1], n).astype(np.float32))
        for n in shape
    ]
    (row_shift, row_scale), (column_shift, column_scale) = sides
    cosines = (product + row_shift[:, None] + column_shift) * row_scale[:, None] * column_scale
    return product, sides, cosines


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
@pytest.mark.parametrize("shape", SHAPES)
def test_agrees_with_sorting_each_column(shape, dtype):
    product, sides, cosines = make(shape, dtype)
    largest, second, rows = two_largest(product, *sides)
    for j, column in enumerate(cosines.T.tolist()):
        ordered = sorted(column, reverse=True)
        assert largest[j] == ordered[0]
        assert second[j] == (ordered[1] if len(ordered) > 1 else -np.inf)
        assert rows[j] == column.index(ordered[0])


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
@pytest.mark.parametrize("shape", SHAPES)
def test_largest_on_either_side_of_a_column(shape, dtype):
    product, sides, cosines = make(shape, dtype)
    rng = np.random.default_rng(1)
    rows, columns = rng.integers(0, shape[0], 30), rng.integers(0, shape[1], 30)
    before, behind = largest_excluding(product, *sides, rows, columns)
    for i, j, one, other in zip(rows, columns, before, behind, strict=True):
        assert one == max([-np.inf, *cosines[i, :j]])
        assert other == max([-np.inf, *cosines[i, j + 1 :]])


def test_the_transposed_product_has_the_same_cosines():
    rng = np.random.default_rng(2)
    product = rng.integers(-(2**22), 2**22, (30, 1)).astype(np.int32)
    rows = rng.integers(-(2**22), 2**22, 30).astype(np.float32), rng.uniform(0.001, 0.01, 30).astype("f4")
    columns = np.float32([3]), np.float32([0.0037])
    largest = two_largest(product, rows, columns)[0]
    transposed = two_largest(np.ascontiguousarray(product.T), columns, rows)[0]
    assert largest[0] == transposed.max()
