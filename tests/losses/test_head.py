from pathlib import Path

import pytest
import torch
from pydantic import ValidationError

from landmark_retrieval import losses
from landmark_retrieval.losses.config import LOSSES, LossSettings, build_head
from landmark_retrieval.losses.cosine_softmax import CosineSoftmax


@pytest.mark.parametrize("name", LOSSES)
def test_the_name_chooses_the_loss(name: str) -> None:
    head = build_head(LossSettings(name=name, scale=20.0, margin=0.2), n_landmarks=50, dim=16)
    assert type(head) is getattr(losses, LOSSES[name])
    assert head.weight.shape == (50, 16)
    assert (head.scale, head.margin) == (20.0, 0.2)
    assert head.weight.abs().max() <= (6 / 66) ** 0.5
    assert len(torch.unique(head.weight)) > 700


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_makes_the_right_landmark_harder(name: str) -> None:
    head = build_head(LossSettings(name=name, scale=1.0, margin=0.2), n_landmarks=50, dim=16)
    cosines = torch.linspace(-0.95, 0.95, 39)
    assert isinstance(head, CosineSoftmax)
    assert (head.with_margin(cosines) < cosines).all()


def test_every_module_of_a_loss_is_registered() -> None:
    modules = {file.stem for file in Path(losses.__path__[0]).glob("*.py")}
    assert set(LOSSES) == modules - {"__init__", "config", "cosine_softmax", "head"}


@pytest.mark.parametrize(
    "change", [{"name": "triplet"}, {"scale": 0}, {"margin": -0.1}, {"margin": 17.2}, {"m": 1}]
)
def test_bad_settings_are_refused(change: dict) -> None:
    with pytest.raises(ValidationError, match=next(iter(change))):
        LossSettings(**{"name": "arcface", "scale": 30.0, "margin": 0.3, **change})


def test_an_unknown_loss_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValidationError, match=r"expected one of arcface, .*found 'triplet'"):
        LossSettings(name="triplet", scale=30.0, margin=0.3)
