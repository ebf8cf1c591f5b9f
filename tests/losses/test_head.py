import pytest
import torch
from pydantic import ValidationError

from landmark_retrieval.losses.arcface import ArcFace
from landmark_retrieval.losses.config import LossSettings
from landmark_retrieval.losses.cosface import CosFace
from landmark_retrieval.losses.head import build_head


@pytest.mark.parametrize(("name", "loss"), [("arcface", ArcFace), ("cosface", CosFace)])
def test_the_name_chooses_the_loss(name: str, loss: type) -> None:
    head = build_head(LossSettings(name=name, scale=20.0, margin=0.2), n_landmarks=50, dim=16)
    assert type(head) is loss
    assert head.weight.shape == (50, 16)
    assert (head.scale, head.margin) == (20.0, 0.2)
    assert head.weight.abs().max() <= (6 / 66) ** 0.5
    assert len(torch.unique(head.weight)) > 700


@pytest.mark.parametrize(
    "change", [{"name": "triplet"}, {"scale": 0}, {"margin": -0.1}, {"margin": 17.2}, {"m": 1}]
)
def test_bad_settings_are_refused(change: dict) -> None:
    with pytest.raises(ValidationError, match=next(iter(change))):
        LossSettings(**{"name": "arcface", "scale": 30.0, "margin": 0.3, **change})
