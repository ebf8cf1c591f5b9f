from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from landmark_retrieval.losses.cosface import CosFace
from landmark_retrieval.losses.cosine_softmax import CosineSoftmax

Case = tuple[Tensor, Tensor, Tensor]
HeadOf = Callable[..., CosineSoftmax]


def test_logits_and_loss_of_the_reference_codes(printed_case: Case, head_of: HeadOf) -> None:
    vectors, weight, labels = printed_case
    head = head_of(CosFace, weight, scale=30, margin=0.3)
    logits = head.logits(head.cosines(vectors), labels)
    expected = [[9.0, 24.0, -18.0], [0.0, -39.0, 0.0], [29.96257, 1.498129, -38.96257]]
    torch.testing.assert_close(logits, torch.tensor(expected), atol=1e-5, rtol=0)
    assert functional.cross_entropy(logits, labels).item() == pytest.approx(41.206097, abs=1e-5)


def test_agrees_with_a_loop(random_case: Case, head_of: HeadOf) -> None:
    vectors, weight, labels = random_case
    head = head_of(CosFace, weight, scale=10, margin=0.35)
    logits = head.logits(head.cosines(vectors), labels).detach()
    for i, vector in enumerate(vectors):
        for j, landmark in enumerate(weight):
            cosine = (vector @ landmark / vector.norm() / landmark.norm()).item()
            expected = 10 * (cosine - 0.35 if j == labels[i] else cosine)
            assert logits[i, j].item() == pytest.approx(expected, abs=1e-4)
