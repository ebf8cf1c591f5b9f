import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from landmark_retrieval.losses.arcface import ArcFace
from landmark_retrieval.losses.cosine_softmax import CosineSoftmax

Case = tuple[Tensor, Tensor, Tensor]
HeadOf = Callable[..., CosineSoftmax]


def angle(a: list[float], b: list[float]) -> float:
    cosine = sum(x * y for x, y in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b))
    return math.acos(max(-1.0, min(1.0, cosine)))


def test_logits_and_loss_of_the_reference_codes(printed_case: Case, head_of: HeadOf) -> None:
    vectors, weight, labels = printed_case
    head = head_of(ArcFace, weight, scale=30, margin=0.3)
    cosines = head.cosines(vectors)
    expected = [[0.6, 0.8, -0.6], [0.0, -1.0, 0.0], [0.998752, 0.049938, -0.998752]]
    torch.testing.assert_close(cosines, torch.tensor(expected), atol=1e-6, rtol=0)
    logits = head.logits(cosines, labels)
    expected = [[10.103574, 24.0, -18.0], [0.0, -32.659683, 0.0], [29.96257, 1.498129, -32.622253]]
    torch.testing.assert_close(logits, torch.tensor(expected), atol=1e-5, rtol=0)
    assert functional.cross_entropy(logits, labels).item() == pytest.approx(36.611359, abs=1e-5)


def test_the_fallback_starts_where_the_angle_would_pass_pi() -> None:
    head = ArcFace(2, 2, scale=1, margin=0.3)
    border = -0.955336
    assert math.cos(math.pi - 0.3) == pytest.approx(border, abs=1e-6)
    assert 0.3 * math.sin(math.pi - 0.3) == pytest.approx(0.088656, abs=1e-6)
    before, after = head.with_margin(torch.tensor([border + 1e-5, border - 1e-5])).tolist()
    assert before == pytest.approx(-1, abs=1e-5)
    assert after == pytest.approx(border - 0.088656, abs=2e-5)


@pytest.mark.parametrize("margin", [0.0, 0.3, 0.5])
def test_agrees_with_a_loop_over_angles(random_case: Case, margin: float, head_of: HeadOf) -> None:
    vectors, weight, labels = random_case
    head = head_of(ArcFace, weight, scale=64, margin=margin)
    logits = head.logits(head.cosines(vectors), labels)
    for i, vector in enumerate(vectors.tolist()):
        for j, landmark in enumerate(weight.tolist()):
            theta = angle(vector, landmark)
            expected = math.cos(theta)
            if j == labels[i]:
                beyond = theta + margin > math.pi
                expected = expected - margin * math.sin(margin) if beyond else math.cos(theta + margin)
            assert logits[i, j].item() == pytest.approx(64 * expected, abs=1e-3)


def test_a_harder_target_never_has_a_larger_logit() -> None:
    cosines = torch.linspace(-1, 1, 2001)
    hardened = ArcFace(2, 2, scale=1, margin=0.3).with_margin(cosines)
    assert (hardened <= cosines).all()
    assert (hardened.diff() >= 0).all()


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_parallel_vectors_have_finite_gradients(sign: float, head_of: HeadOf) -> None:
    vectors = torch.tensor([[0.3, 0.1, 0.7], [0.6, 0.2, 1.4]], requires_grad=True)
    head = head_of(ArcFace, sign * torch.tensor([[0.3, 0.1, 0.7], [1.0, 0.0, 0.0]]), scale=30, margin=0.3)
    labels = torch.tensor([0, 0])
    loss = functional.cross_entropy(head.logits(head.cosines(vectors), labels), labels)
    loss.backward()
    assert math.isfinite(loss.item())
    assert vectors.grad is not None
    assert vectors.grad.isfinite().all()
    assert head.weight.grad is not None
    assert head.weight.grad.isfinite().all()


def test_rounding_beyond_one_gives_no_nan() -> None:
    hardened = ArcFace(2, 2, scale=30, margin=0.3).with_margin(torch.tensor([1.0 + 1e-6, -1.0 - 1e-6]))
    assert hardened.isfinite().all()
