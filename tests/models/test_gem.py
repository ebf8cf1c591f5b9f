import math

import pytest
import torch

from landmark_retrieval.models.gem import GeM

MAP = torch.tensor([[[[0.0, 1.0], [2.0, 3.0]], [[-1.0, 0.0], [0.5, 4.0]]]])


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        (1.0, [1.5, 1.125]),
        (2.0, [1.870829, 2.015564]),
        (3.0, [2.080084, 2.521482]),
        (4.6, [2.292735, 2.959266]),
        (10.0, [2.61615, 3.482202]),
    ],
)
def test_values_of_the_authors_code(p: float, expected: list[float]) -> None:
    torch.testing.assert_close(GeM(p, trainable=False)(MAP), torch.tensor([expected]), atol=2e-6, rtol=0)


def test_the_exponent_s_gradient() -> None:
    pooling = GeM(3.0, trainable=True)
    pooling(MAP).sum().backward()
    assert pooling.p.grad is not None
    assert pooling.p.grad.item() == pytest.approx(0.554716, abs=2e-6)


def test_agrees_with_a_loop() -> None:
    maps = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    pooled = GeM(2.5, trainable=False)(maps)
    for b in range(2):
        for c in range(3):
            values = [max(x, 1e-6) ** 2.5 for x in maps[b, c].flatten().tolist()]
            expected = (math.fsum(values) / len(values)) ** (1 / 2.5)
            assert pooled[b, c].item() == pytest.approx(expected, rel=1e-5)


def test_positions_do_not_matter() -> None:
    generator = torch.Generator().manual_seed(0)
    maps = torch.rand(2, 3, 20, generator=generator)
    shuffled = maps[..., torch.randperm(20, generator=generator)]
    pooling = GeM(3.0, trainable=False)
    torch.testing.assert_close(pooling(maps.view(2, 3, 4, 5)), pooling(shuffled.view(2, 3, 5, 4)))


def test_computes_in_float32_under_autocast() -> None:
    maps = torch.rand(1, 2, 3, 3, generator=torch.Generator().manual_seed(0)).bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        pooled = GeM(3.0, trainable=True)(maps)
    assert pooled.dtype == torch.float32
    torch.testing.assert_close(pooled, maps.double().pow(3).mean((2, 3)).pow(1 / 3).float())


def test_a_fixed_exponent_is_stored_but_not_learned() -> None:
    pooling = GeM(3.0, trainable=False)
    assert list(pooling.parameters()) == []
    assert pooling.state_dict()["p"] == 3.0


@pytest.mark.parametrize("p", [3.0, 8.0, 60.0])
def test_dead_channels_and_large_exponents_have_finite_gradients(p: float) -> None:
    maps = torch.zeros(1, 2, 3, 3)
    maps[0, 1, 0, 0] = 500.0
    maps.requires_grad_()
    pooling = GeM(p, trainable=True)
    pooled = pooling(maps)
    pooled.sum().backward()
    torch.testing.assert_close(pooled.detach(), torch.tensor([[1e-6, 500 * 9 ** (-1 / p)]]))
    assert maps.grad is not None
    assert maps.grad.isfinite().all()
    assert pooling.p.grad is not None
    assert pooling.p.grad.isfinite().all()
