from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from landmark_retrieval.losses.arcface import ArcFace
from landmark_retrieval.losses.cosface import CosFace
from landmark_retrieval.losses.cosine_softmax import CosineSoftmax

BOTH = pytest.mark.parametrize("loss", [ArcFace, CosFace])

Case = tuple[Tensor, Tensor, Tensor]
HeadOf = Callable[..., CosineSoftmax]


@BOTH
def test_lengths_do_not_matter(random_case: Case, loss: type[CosineSoftmax], head_of: HeadOf) -> None:
    vectors, weight, labels = random_case
    head = head_of(loss, weight, scale=30, margin=0.3)
    scaled = head_of(loss, weight * torch.arange(1, 8).unsqueeze(1), scale=30, margin=0.3)
    expected = head.logits(head.cosines(vectors), labels)
    torch.testing.assert_close(
        scaled.logits(scaled.cosines(vectors * 5), labels), expected, atol=1e-3, rtol=0
    )


@BOTH
def test_without_margin_it_is_a_plain_softmax_of_cosines(
    random_case: Case, loss: type[CosineSoftmax], head_of: HeadOf
) -> None:
    vectors, weight, labels = random_case
    head = head_of(loss, weight, scale=30, margin=0.0)
    cosines = head.cosines(vectors)
    torch.testing.assert_close(head.logits(cosines, labels), 30 * cosines, atol=1e-4, rtol=0)


@BOTH
def test_renumbering_landmarks_permutes_the_logits(
    random_case: Case, loss: type[CosineSoftmax], head_of: HeadOf
) -> None:
    vectors, weight, labels = random_case
    order = torch.randperm(7, generator=torch.Generator().manual_seed(1))
    head, permuted = (head_of(loss, w, scale=30, margin=0.3) for w in (weight, weight[order]))
    logits = head.logits(head.cosines(vectors), labels)
    renumbered = permuted.logits(permuted.cosines(vectors), order.argsort()[labels])
    torch.testing.assert_close(renumbered, logits[:, order], atol=1e-4, rtol=0)


@BOTH
def test_a_zero_vector_gives_finite_logits(loss: type[CosineSoftmax], head_of: HeadOf) -> None:
    head = head_of(loss, torch.eye(3), scale=30, margin=0.3)
    labels = torch.tensor([1])
    assert functional.cross_entropy(head.logits(head.cosines(torch.zeros(1, 3)), labels), labels).isfinite()
