from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from landmark_retrieval.losses.cosine_softmax import CosineSoftmax

Case = tuple[Tensor, Tensor, Tensor]


@pytest.fixture
def printed_case() -> Case:
    """Vectors, landmark vectors and labels; the last two vectors look away from their landmark."""
    vectors = torch.tensor([[3.0, 4.0], [0.0, -2.0], [1.0, 0.05]])
    weight = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    return vectors, weight, torch.tensor([0, 1, 2])


@pytest.fixture
def random_case() -> Case:
    generator = torch.Generator().manual_seed(0)
    vectors, weight = torch.randn(40, 3, generator=generator), torch.randn(7, 3, generator=generator)
    return vectors, weight, torch.randint(0, 7, (40,), generator=generator)


@pytest.fixture
def head_of() -> Callable[..., CosineSoftmax]:
    def build(loss: type[CosineSoftmax], weight: Tensor, scale: float, margin: float) -> CosineSoftmax:
        head = loss(*weight.shape, scale, margin)
        head.weight.data = weight.clone()
        return head

    return build
