import numpy as np
import pytest
import torch

from landmark_retrieval.local_features.delf.model import Attention, attended

pytestmark = pytest.mark.costly


def test_attended_is_the_mean_of_weighted_unit_vectors():
    rng = np.random.default_rng(0)
    maps, scores = rng.normal(size=(2, 5, 3, 4)), rng.random((2, 3, 4))
    expected = np.zeros((2, 5))
    for b in range(2):
        for y in range(3):
            for x in range(4):
                vector = maps[b, :, y, x]
                expected[b] += scores[b, y, x] * vector / np.sqrt((vector**2).sum()) / 12
    found = attended(torch.from_numpy(maps).float(), torch.from_numpy(scores).float())
    np.testing.assert_allclose(found, expected, atol=1e-7)


def test_scores_are_those_of_a_small_network_at_each_position():
    torch.manual_seed(0)
    attention = Attention(5, 7)
    for _ in range(3):  # running statistics away from 0 and 1
        attention(torch.randn(4, 5, 6, 6) * 2 + 1)
    attention.eval()
    maps = torch.randn(2, 5, 3, 4)
    found = attention(maps).detach().numpy()
    weights = {key: tensor.double().numpy() for key, tensor in attention.state_dict().items()}
    for b, y, x in np.ndindex(2, 3, 4):
        hidden = weights["hidden.weight"][:, :, 0, 0] @ maps[b, :, y, x].numpy() + weights["hidden.bias"]
        spread = np.sqrt(weights["norm.running_var"] + 1e-5)
        hidden = (hidden - weights["norm.running_mean"]) / spread * weights["norm.weight"] + weights[
            "norm.bias"
        ]
        raw = weights["score.weight"][0, :, 0, 0] @ np.maximum(hidden, 0) + weights["score.bias"][0]
        np.testing.assert_allclose(found[b, y, x], np.log1p(np.exp(raw)), rtol=1e-4)
    assert found.shape == (2, 3, 4)


def test_the_size_of_a_picture_does_not_weigh():
    maps, scores = torch.rand(1, 4, 2, 3), torch.rand(1, 2, 3)
    twice = attended(maps.repeat(1, 1, 2, 1), scores.repeat(1, 2, 1))
    torch.testing.assert_close(twice, attended(maps, scores))
