"""Training loop by epochs: steps, history and resumption after an interruption."""

from __future__ import annotations

import logging
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import islice
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from tqdm import tqdm

from landmark_retrieval.parallel.one_thread import torch_threads
from landmark_retrieval.tables import History, column_types
from landmark_retrieval.training.checkpoints import Checkpoints
from landmark_retrieval.training.photographs import Batch

logger = logging.getLogger(__name__)


_CHANCE = 1.5  # times the share of the most frequent landmark


class Photographs(Protocol):
    """Labelled photographs in batches.

    Attributes:
        steps_per_epoch: batches of an epoch.
        largest_share: of the photographs, those of the most frequent landmark.
    """

    steps_per_epoch: int
    largest_share: float

    def epoch(self, epoch: int) -> Iterator[Batch]:
        """The batches of an epoch, the same at every call."""
        ...


def descend(optimiser: torch.optim.Optimizer, loss: Tensor, scores: Tensor, labels: Tensor) -> Tensor:
    """Update the weights; the sums over the batch of the loss and of the right answers, `(2,)` float64.

    `loss` is the mean over the batch; the highest of `scores` `(b, n_landmarks)` is the answer.
    """
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    n_right = (scores.argmax(dim=1) == labels).sum()
    return torch.stack([loss.detach().double() * len(labels), n_right.double()])


class TrainingLoop(ABC):
    """State of a training, which changes by epochs.

    Attributes:
        title: of its epochs, in the log.
        steps: batches of the whole training; the last epoch may be incomplete.
        threads: of torch on a CPU.
        schedule: of the learning rate; `step` advances it by one.
        parts: contents of a checkpoint, by name.
    """

    title: str
    model: nn.Module
    photographs: Photographs
    steps: int
    threads: int
    device: torch.device
    schedule: torch.optim.lr_scheduler.LRScheduler
    parts: dict[str, Any]

    @property
    def epochs(self) -> int:
        """Passes over the photographs, the last of which may be incomplete."""
        return math.ceil(self.steps / self.photographs.steps_per_epoch)

    @abstractmethod
    def step(self, batch: Batch) -> Tensor:
        """Train on a batch: `(2,)` float64, the sum of its losses and how many it got right."""

    @abstractmethod
    def reproducible(self, epoch: int) -> AbstractContextManager[None]:
        """Context in which an epoch is reproducible."""

    def run(self, checkpoints: Checkpoints | None) -> list[dict[str, Any]]:
        """All epochs, or those after the last checkpoint; a row of `tables.History` for each.

        Raises:
            FloatingPointError: the loss is not finite.
        """
        history = self._resume(checkpoints)
        for epoch in range(len(history), self.epochs):
            with self.reproducible(epoch), torch_threads(self.threads):
                history.append(self._epoch(epoch))
            if checkpoints is not None:
                state = {name: part.state_dict() for name, part in self.parts.items()}
                checkpoints.save({"history": history, **state})
        self._warn_of_chance(history)
        return history

    def _warn_of_chance(self, history: list[dict[str, Any]]) -> None:
        """Guessing the most frequent landmark is right as often as its share of the photographs."""
        share = self.photographs.largest_share
        if history and history[-1]["accuracy"] < min(_CHANCE * share, (1 + share) / 2):
            logger.warning(
                "%ss ended at an accuracy of %.3f, hardly above guessing (%.3f): the weights are of no use. "
                "Try a lower learning rate (training.lr), or train longer",
                self.title,
                history[-1]["accuracy"],
                share,
            )

    def _resume(self, checkpoints: Checkpoints | None) -> list[dict[str, Any]]:
        state = checkpoints.load() if checkpoints is not None else None
        if state is None:
            return []
        for name, part in self.parts.items():
            part.load_state_dict(state[name])
        logger.info("resuming after epoch %d of %d", len(state["history"]), self.epochs)
        return state["history"]

    def _epoch(self, epoch: int) -> dict[str, Any]:
        self.model.train()
        began = time.perf_counter()
        sums = torch.zeros(2, dtype=torch.float64, device=self.device)
        n_images = 0
        title = f"{self.title} {epoch + 1}/{self.epochs}"
        per_epoch = self.photographs.steps_per_epoch
        n_batches = min(per_epoch, self.steps - epoch * per_epoch)
        batches = islice(self.photographs.epoch(epoch), n_batches)
        for batch in tqdm(batches, title, n_batches, unit="batch", disable=None):
            lr = self.schedule.get_last_lr()[0]
            sums += self.step(batch)
            n_images += len(batch[1])
        loss, accuracy = (sums / n_images).tolist()
        rate = n_images / (time.perf_counter() - began)
        if not math.isfinite(loss):
            raise FloatingPointError(f"the loss is {loss} in {title}: a lower learning rate may help")
        logger.info("%s: loss %.4f, accuracy %.4f, %.1f images/s", title, loss, accuracy, rate)
        return dict(zip(column_types(History), (epoch + 1, loss, accuracy, lr, rate), strict=True))
