"""Learning rate schedule: optional linear warm-up, then a cosine, by iterations.

Torch's `SequentialLR` of `LinearLR` and `CosineAnnealingLR` computes each rate from the one before it: over
5,000 iterations its rates differ from these by up to 1e-12 of them, and trained weights with them.
"""

from __future__ import annotations

import math

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from landmark_retrieval.training.settings import TrainingSettings


def learning_rate(step: int, steps: int, settings: TrainingSettings) -> float:
    """Learning rate of the 0-based `step` out of `steps`; `lr_min` would be reached at `steps`."""
    warmup = min(settings.warmup_iterations, steps)
    if step < warmup:
        return settings.lr * (step + 1) / warmup
    progress = (step - warmup) / max(steps - warmup, 1)
    return settings.lr_min + (settings.lr - settings.lr_min) * (1 + math.cos(math.pi * progress)) / 2


def build_schedule(optimiser: Optimizer, steps: int, settings: TrainingSettings) -> LambdaLR:
    """The schedule of an optimiser whose learning rate is `settings.lr`."""
    return LambdaLR(optimiser, lambda step: learning_rate(step, steps, settings) / settings.lr)
