import numpy as np
import pytest
import torch
from torch.nn import functional

from landmark_retrieval.models.config import EmbeddingSettings, ModelSettings
from landmark_retrieval.models.embedding_model import EmbeddingModel
from landmark_retrieval.models.scales import embed_at_scales, power_mean, scaled_size

IMAGES = torch.randn(2, 3, 64, 96, generator=torch.Generator().manual_seed(0))


def settings_with(settings: EmbeddingSettings, **changes: object) -> EmbeddingSettings:
    return settings.model_copy(update=changes)


@pytest.mark.parametrize(
    ("power", "expected"),
    [(1.0, [0.544949, 0.778499, 0.3114]), (3.0, [0.579287, 0.631695, 0.515158])],
)
def test_three_unit_vectors_meet_as_in_the_reference(power: float, expected: list[float]) -> None:
    vectors = torch.tensor([[0.6, 0.8, 0.0], [0.8, 0.6, 0.0], [0.0, 0.6, 0.8]]).unsqueeze(1)
    met = functional.normalize(power_mean(vectors, power))
    torch.testing.assert_close(met, torch.tensor([expected]), atol=2e-6, rtol=0)


@pytest.mark.parametrize(
    ("side", "scale", "expected"),
    [
        (800, 0.75, 576),
        (608, 1.25, 736),
        (544, 1.0, 544),
        (128, 0.75, 128),
        (1024, 2**-0.5, 704),
        (1024, 2**0.5, 1440),
    ],
)
def test_sides_are_floored_to_the_stride(
    embedding_settings: EmbeddingSettings, side: int, scale: float, expected: int
) -> None:
    settings = settings_with(embedding_settings, multiple_of=32, min_side=128)
    assert scaled_size((side, side), scale, settings) == (expected, expected)


@pytest.mark.parametrize(
    ("size", "scale", "expected"),
    [
        ((333, 500), 1.0, (333, 500)),
        ((333, 500), 0.5, (166, 250)),
        ((30, 90), 1.0, (64, 192)),
        ((90, 31), 2.0, (186, 64)),
    ],
)
def test_a_longer_side_keeps_the_ratio(
    embedding_settings: EmbeddingSettings, size: tuple[int, int], scale: float, expected: tuple[int, int]
) -> None:
    settings = settings_with(embedding_settings, aspect_groups=None, max_side=512, multiple_of=1, min_side=64)
    assert scaled_size(size, scale, settings) == expected


@torch.no_grad()
def test_outputs_of_a_projected_model_are_averaged_as_they_are(
    model: EmbeddingModel, embedding_settings: EmbeddingSettings
) -> None:
    larger = functional.interpolate(IMAGES, (96, 128), mode="bilinear", align_corners=True)
    mean = (model(IMAGES) + model(larger)) / 2
    expected = mean / mean.norm(dim=1, keepdim=True)
    settings = settings_with(embedding_settings, scales=(1.0, 1.5), multiple_of=32)
    # 96 * 1.5 = 144 is floored to 128
    torch.testing.assert_close(embed_at_scales(model, IMAGES, settings), expected)


@torch.no_grad()
def test_pooled_vectors_meet_normalised_in_a_power_mean(
    model_settings: ModelSettings, embedding_settings: EmbeddingSettings
) -> None:
    model = EmbeddingModel(model_settings.model_copy(update={"dim": None, "gem_p": 2.0})).eval()
    smaller = functional.interpolate(IMAGES, (32, 32), mode="bilinear", align_corners=True)
    units = [vectors / vectors.norm(dim=1, keepdim=True) for vectors in (model(IMAGES), model(smaller))]
    mean = ((units[0] ** 2 + units[1] ** 2) / 2).sqrt()
    expected = mean / mean.norm(dim=1, keepdim=True)
    settings = settings_with(embedding_settings, scales=(1.0, 0.5), min_side=32)
    torch.testing.assert_close(embed_at_scales(model, IMAGES, settings), expected)


@torch.no_grad()
def test_bfloat16_stays_close(model: EmbeddingModel, embedding_settings: EmbeddingSettings) -> None:
    exact = embed_at_scales(model, IMAGES, embedding_settings).numpy()
    rounded = embed_at_scales(model, IMAGES, settings_with(embedding_settings, amp=True))
    assert rounded.dtype == torch.float32
    assert (exact * rounded.numpy()).sum(axis=1).min() > 0.99
    np.testing.assert_allclose(np.linalg.norm(rounded.numpy(), axis=1), 1, atol=1e-6)
