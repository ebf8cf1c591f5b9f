import numpy as np
import pytest
import torch

from landmark_retrieval.errors import DataError
from landmark_retrieval.models.gem import GeM
from landmark_retrieval.models.super_global.pooling import RegionalGeM

MAPS = torch.from_numpy(np.random.RandomState(3).rand(1, 2, 6, 6).astype(np.float32))


def reflected(place: int, side: int) -> int:
    if place < 0:
        return -place
    return 2 * (side - 1) - place if place >= side else place


def test_values_of_the_authors_code() -> None:
    maps = RegionalGeM(2.5, 5)(MAPS)

    assert maps.sum().item() == pytest.approx(35.968613, abs=1e-5)
    expected = torch.tensor([0.505691, 0.588961, 0.385497, 0.509158, 0.704824, 0.710379])
    torch.testing.assert_close(maps[0, 0, 0], expected, atol=1e-6, rtol=0)
    pooled = GeM(4.6, trainable=False, epsilon=1e-8)(maps)
    torch.testing.assert_close(pooled, torch.tensor([[0.57252, 0.538575]]), atol=1e-6, rtol=0)


@pytest.mark.parametrize(("p", "window", "size"), [(2.5, 5, (3, 7)), (1.0, 3, (4, 2)), (4.0, 1, (3, 3))])
def test_agrees_with_a_loop(p: float, window: int, size: tuple[int, int]) -> None:
    maps = torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(0))
    found = RegionalGeM(p, window)(maps)
    reach = range(-(window // 2), window // 2 + 1)
    for b, c, row, column in np.ndindex(2, 3, *size):
        seen = [
            max(0.0, float(maps[b, c, reflected(row + i, size[0]), reflected(column + j, size[1])]))
            for i in reach
            for j in reach
        ]
        mean = (sum(x**p for x in seen) / len(seen)) ** (1 / p)
        own = max(0.0, float(maps[b, c, row, column]))
        assert found[b, c, row, column].item() == pytest.approx((own + mean) / 2, abs=1e-5)


def test_turning_a_map_turns_the_result() -> None:
    pooling = RegionalGeM(2.5, 5)
    torch.testing.assert_close(pooling(MAPS.flip(2).transpose(2, 3)), pooling(MAPS).flip(2).transpose(2, 3))


def test_computes_in_float32_under_autocast() -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        maps = RegionalGeM(2.5, 5)(MAPS.bfloat16())
    assert maps.dtype == torch.float32
    torch.testing.assert_close(maps, RegionalGeM(2.5, 5)(MAPS.bfloat16().float()))


def test_a_map_smaller_than_half_a_window_is_refused() -> None:
    with pytest.raises(DataError, match=r"window of 5 needs maps of 3 x 3, found 2 x 6: .* min_side"):
        RegionalGeM(2.5, 5)(MAPS[:, :, :2])
