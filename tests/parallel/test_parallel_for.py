import numpy as np
import pytest
from threadpoolctl import threadpool_info

from landmark_retrieval.parallel.parallel_for import parallel_for


def test_every_call_is_made_once():
    calls = np.zeros(100, dtype=np.int64)

    def work(number):
        calls[number] += number + 1

    parallel_for(work, 100, "numbers")

    np.testing.assert_array_equal(calls, np.arange(1, 101))


def test_products_have_one_thread_within_and_as_many_as_before_afterwards():
    before = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    within = []

    def work(_):
        within.extend(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")

    parallel_for(work, 1, "products")

    assert before
    assert set(within) == {1}
    assert [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"] == before


def test_an_error_is_raised():
    def work(number):
        if number == 7:
            raise ValueError("seven")

    with pytest.raises(ValueError, match="seven"):
        parallel_for(work, 20, "numbers")
