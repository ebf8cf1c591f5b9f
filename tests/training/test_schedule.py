from itertools import pairwise

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR

from landmark_retrieval.training.schedule import build_schedule, learning_rate
from landmark_retrieval.training.settings import TrainingSettings


def rates_of(scheduler: torch.optim.lr_scheduler.LRScheduler, steps: int) -> list[float]:
    rates = []
    for _ in range(steps):
        rates.append(scheduler.get_last_lr()[0])
        scheduler.optimizer.step()
        scheduler.step()
    return rates


def sgd(lr: float) -> torch.optim.SGD:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)


def test_without_warm_up_it_is_torch_s_cosine(settings: TrainingSettings) -> None:
    settings = settings.model_copy(update={"warmup_iterations": 0})
    ours = rates_of(build_schedule(sgd(0.02), 50, settings), 50)
    theirs = rates_of(CosineAnnealingLR(sgd(0.02), T_max=50, eta_min=3e-6), 50)
    assert ours == pytest.approx(theirs, rel=1e-9)


def test_warm_up_rises_to_the_learning_rate(settings: TrainingSettings) -> None:
    settings = settings.model_copy(update={"warmup_iterations": 4})
    rates = [learning_rate(step, 20, settings) for step in range(20)]
    assert rates[:5] == pytest.approx([0.005, 0.01, 0.015, 0.02, 0.02])
    assert all(a > b for a, b in pairwise(rates[4:]))


def test_a_warm_up_longer_than_training_is_cut(settings: TrainingSettings) -> None:
    settings = settings.model_copy(update={"warmup_iterations": 100})
    assert [learning_rate(step, 2, settings) for step in range(3)] == pytest.approx([0.01, 0.02, 0.02])
