"""Training of an embedding model with a cosine softmax loss (two-stage paper §3.1 and §5.1)."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional

from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.losses.config import build_head
from landmark_retrieval.losses.cosine_softmax import CosineSoftmax
from landmark_retrieval.models.embedding_model import EmbeddingModel
from landmark_retrieval.models.pixels import to_network
from landmark_retrieval.tables import History, table_of
from landmark_retrieval.training.checkpoints import Checkpoints
from landmark_retrieval.training.photographs import Batch, TrainingPhotographs
from landmark_retrieval.training.schedule import build_schedule
from landmark_retrieval.training.settings import TrainingSettings
from landmark_retrieval.training.training_loop import TrainingLoop, descend


def train(
    model: EmbeddingModel,
    images: FileTree,
    table: pd.DataFrame,
    settings: TrainingSettings,
    device: torch.device,
    checkpoints: Checkpoints | None = None,
) -> tuple[EmbeddingModel, pd.DataFrame]:
    """One stage of training; the next stage starts from the returned model, without this one's head.

    The same input on the same machine gives the same weights, whether or not training was interrupted.

    Args:
        model: start of training, not modified.
        images: root of the table's paths.
        table: `image_id`, `path`, `landmark_id`, `width`, `height` of the photographs (`tables.TrainImages`).
        settings: of this stage.
        device: to train on.
        checkpoints: for resuming after the last completed epoch; None to keep none.

    Returns:
        The trained model on the CPU in evaluation mode, and its history, `tables.History`; accuracy is that
        of the nearest landmark vector, without margin, on the augmented batches.

    Raises:
        DataError: the table lacks a column or has too few photographs, or a photograph cannot be read.
        FloatingPointError: the loss is not finite.
    """
    model = copy.deepcopy(model)
    history: list[dict[str, Any]] = []
    if settings.epochs or settings.iterations:
        stage = _Loop(model, TrainingPhotographs(images, table, settings), settings, device)
        history = stage.run(checkpoints)
        if checkpoints is not None:
            checkpoints.clear()
    model.to("cpu").to(memory_format=torch.contiguous_format)
    return model.eval(), table_of(History, history)


class _Loop(TrainingLoop):
    """Training of a model and the head of its loss."""

    title = "epoch"
    model: EmbeddingModel

    def __init__(
        self,
        model: EmbeddingModel,
        photographs: TrainingPhotographs,
        settings: TrainingSettings,
        device: torch.device,
    ) -> None:
        self.photographs, self.settings, self.device = photographs, settings, device
        self.steps, self.threads = settings.steps(photographs.steps_per_epoch), settings.threads
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(settings.seed)
            head = build_head(settings.loss, len(photographs.landmark_ids), model.dim)
        self.model = model.to(device).to(memory_format=torch.channels_last)
        self.head = head.to(device)
        self.optimiser = torch.optim.SGD(
            [*self.model.parameters(), *self.head.parameters()],
            lr=settings.lr,
            momentum=settings.momentum,
            weight_decay=settings.weight_decay,
        )
        self.schedule = build_schedule(self.optimiser, self.steps, settings)
        self.parts = {
            "model": self.model,
            "head": self.head,
            "optimiser": self.optimiser,
            "schedule": self.schedule,
        }

    def step(self, batch: Batch) -> Tensor:
        images, labels = to_network(batch[0], self.device), torch.from_numpy(batch[1]).to(self.device)
        sums = training_step(self.model, self.head, self.optimiser, images, labels, amp=self.settings.amp)
        self.schedule.step()
        return sums

    def reproducible(self, epoch: int) -> AbstractContextManager[None]:
        return _reproducible(self.settings.seed, epoch, self.device)


def training_step(
    model: EmbeddingModel,
    head: CosineSoftmax,
    optimiser: torch.optim.Optimizer,
    images: Tensor,
    labels: Tensor,
    *,
    amp: bool,
) -> Tensor:
    """Train model and head, which `optimiser` updates, on a batch; see `descend` for the result.

    Args:
        model: in training mode, fastest with its weights in channels-last memory.
        head: of the loss.
        optimiser: over the parameters of both.
        images: normalised, `(b, 3, height, width)` float32.
        labels: `(b,)` int64.
        amp: bfloat16 autocast in the backbone.
    """
    with torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=amp):
        vectors = model(images)
    cosines = head.cosines(vectors)
    loss = functional.cross_entropy(head.logits(cosines, labels), labels)
    return descend(optimiser, loss, cosines, labels)


@contextmanager
def _reproducible(seed: int, epoch: int, device: torch.device) -> Iterator[None]:
    """Give torch's generators a state that only seed and epoch decide, and forbid kernels that vary."""
    with (
        torch.random.fork_rng(devices=[device] if device.type == "cuda" else []),
        torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True),
    ):
        torch.manual_seed(int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0]))
        yield
