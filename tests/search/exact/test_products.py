import pytest
import torch

from landmark_retrieval.search.exact.products import faithful_products


def state():
    reduced = torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction
    return torch.get_float32_matmul_precision(), reduced, torch.get_num_threads()


def fail_after_a_change(expected):
    with faithful_products():
        assert state() == expected
        torch.set_num_threads(1)
        raise KeyError


def test_torch_is_set_as_it_was_also_after_an_error():
    before = state()
    torch.set_float32_matmul_precision("medium")
    try:
        with pytest.raises(KeyError):
            fail_after_a_change(("highest", False, before[2]))
        assert state() == ("medium", *before[1:])
    finally:
        torch.set_float32_matmul_precision(before[0])
