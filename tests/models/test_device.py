import pytest
import torch

from landmark_retrieval.errors import DataError
from landmark_retrieval.models.device import choose_device


def test_cpu_is_always_there() -> None:
    assert choose_device("cpu") == torch.device("cpu")


def test_auto_follows_the_machine() -> None:
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_without_a_device_is_an_error() -> None:
    with pytest.raises(DataError, match="no CUDA device"):
        choose_device("cuda")


def test_another_name_is_an_error() -> None:
    with pytest.raises(DataError, match="found 'tpu'"):
        choose_device("tpu")
