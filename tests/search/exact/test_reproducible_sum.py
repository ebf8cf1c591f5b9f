import numpy as np
import pytest

from landmark_retrieval.search.exact.reproducible_sum import LANES, reproducible_sum


@pytest.mark.parametrize("dim", [0, 1, LANES - 1, LANES, 3 * LANES + 5])
def test_a_sum_is_taken_in_the_stated_order(dim):
    products = np.random.default_rng(dim).standard_normal((3, dim)) * 10.0 ** np.arange(dim).clip(0, 12)

    sums = reproducible_sum(products)

    for row, computed in zip(products, sums, strict=True):
        lanes = [0.0] * LANES
        for j, product in enumerate(row):
            lanes[j % LANES] += float(product)
        while len(lanes) > 1:
            half = len(lanes) // 2
            lanes = [a + b for a, b in zip(lanes[:half], lanes[half:], strict=True)]
        assert computed == lanes[0]
