"""Training steps of ResNet-18: the plain torchvision loop against this project's, in the same run.

Usage: PYTHONPATH=src python benchmarks/training_step.py [rounds]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional
from torchvision.models import resnet18

from landmark_retrieval.losses.config import LossSettings, build_head
from landmark_retrieval.models.config import ModelSettings
from landmark_retrieval.models.device import choose_device
from landmark_retrieval.models.embedding_model import build_model
from landmark_retrieval.training.trainer import training_step

BATCH, N_LANDMARKS, DIM = 32, 1000, 256
SGD = {"lr": 1e-3, "momentum": 0.9, "weight_decay": 1e-5}
DEVICE = choose_device("auto")

Step = Callable[[], object]


def plain_step(side: int) -> Step:
    """A step of torchvision's network with a linear layer: float32, contiguous."""
    model = nn.Sequential(resnet18(num_classes=DIM), nn.Linear(DIM, N_LANDMARKS)).to(DEVICE)
    optimiser = torch.optim.SGD(model.parameters(), **SGD)
    images, labels = batch(side)

    def step() -> None:
        optimiser.zero_grad()
        functional.cross_entropy(model(images), labels).backward()
        optimiser.step()

    return step


def project_step(side: int) -> Step:
    """A step of the project's model and ArcFace: bfloat16, channels last."""
    settings = ModelSettings(
        backbone="resnet18", weights=None, gem_p=3.0, gem_trainable=True, dim=DIM, seed=0
    )
    model = build_model(settings).to(DEVICE).to(memory_format=torch.channels_last)
    head = build_head(LossSettings(name="arcface", scale=30.0, margin=0.3), N_LANDMARKS, DIM).to(DEVICE)
    optimiser = torch.optim.SGD([*model.parameters(), *head.parameters()], **SGD)
    images, labels = batch(side)
    images = images.to(memory_format=torch.channels_last)
    return lambda: training_step(model, head, optimiser, images, labels, amp=True)


def batch(side: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Random images and labels."""
    return torch.randn(BATCH, 3, side, side, device=DEVICE), torch.arange(BATCH, device=DEVICE)


def best_seconds(steps: dict[str, Step], rounds: int) -> dict[str, float]:
    """Least time of each step; rounds alternate, so that what else the machine does falls on all."""
    best = dict.fromkeys(steps, float("inf"))
    for round_ in range(rounds + 1):
        for name, step in steps.items():
            began = time.perf_counter()
            step()
            if DEVICE.type == "cuda":
                torch.cuda.synchronize()
            if round_ > 0:
                best[name] = min(best[name], time.perf_counter() - began)
    return best


def main() -> None:
    """Print images per second and their ratio at two sizes."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    for side in (96, 128):
        best = best_seconds({"plain": plain_step(side), "project": project_step(side)}, rounds)
        rates = {name: BATCH / seconds for name, seconds in best.items()}
        print(
            f"{side} px, batch {BATCH}, {DEVICE}: plain {rates['plain']:.1f} images/s, "
            f"project {rates['project']:.1f} images/s, ratio {rates['project'] / rates['plain']:.2f}"
        )


if __name__ == "__main__":
    main()
