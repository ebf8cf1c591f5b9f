"""Training of DELF: attention by classification, then a PCA of the descriptors it selects."""

from __future__ import annotations

import logging
import time
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.images.reading import read_rgb
from landmark_retrieval.local_features.delf.extractor import on_device
from landmark_retrieval.local_features.delf.keypoints import exact_convolutions, find_keypoints
from landmark_retrieval.local_features.delf.model import DelfModel, attended
from landmark_retrieval.local_features.delf.pca import principal_components
from landmark_retrieval.local_features.delf.settings import DelfModelSettings, DelfTrainingSettings
from landmark_retrieval.models.embedding_model import EmbeddingModel
from landmark_retrieval.models.pixels import to_network
from landmark_retrieval.parallel.one_thread import torch_threads
from landmark_retrieval.parallel.prefetch import prefetch
from landmark_retrieval.tables import History, table_of
from landmark_retrieval.training.checkpoints import Checkpoints, training_fingerprint
from landmark_retrieval.training.delf.photographs import COLUMNS, SquareCrops
from landmark_retrieval.training.photographs import Batch
from landmark_retrieval.training.training_loop import TrainingLoop, descend

logger = logging.getLogger(__name__)


def train_delf(
    model: EmbeddingModel,
    images: FileTree,
    table: pd.DataFrame,
    settings: DelfTrainingSettings,
    device: torch.device,
    checkpoints: Checkpoints | None = None,
) -> tuple[DelfModel, pd.DataFrame]:
    """Train DELF on the backbone of an embedding model, which is not modified; reproducible as `train` is.

    Args:
        model: trained on photographs similar to those whose features are needed.
        images: root of the table's paths.
        table: `image_id`, `path`, `landmark_id` of the photographs.
        settings: of training and of the PCA.
        device: to train on.
        checkpoints: for resuming after the last completed epoch; None to keep none.

    Returns:
        The model on the CPU in evaluation mode, and the history of its attention (`tables.History`).

    Raises:
        DataError: the backbone has no map of DELF's stride, the table lacks a column or has too few
            photographs, or a photograph cannot be read.
        FloatingPointError: the loss is not finite.
    """
    crops = SquareCrops(images, table, settings)
    stage = _Loop(model, crops, settings, device)
    history = stage.run(checkpoints)
    delf = stage.model.eval()
    with torch_threads(settings.threads):
        _fit_reduction(delf, images, table, settings, device)
    if checkpoints is not None:
        checkpoints.clear()
    delf.to("cpu").to(memory_format=torch.contiguous_format)
    return delf, table_of(History, history)


def delf_training_fingerprint(
    model: EmbeddingModel, table: pd.DataFrame, settings: DelfTrainingSettings
) -> str:
    """`training_fingerprint` without regard to the order of the photographs."""
    return training_fingerprint(model, table.sort_values("image_id"), settings, COLUMNS)


class _Loop(TrainingLoop):
    """Training of attention with a linear classifier, which is discarded."""

    title = "DELF epoch"
    model: DelfModel

    def __init__(
        self, model: EmbeddingModel, crops: SquareCrops, settings: DelfTrainingSettings, device: torch.device
    ) -> None:
        self.photographs, self.settings, self.device = crops, settings, device
        self.steps, self.threads = settings.epochs * crops.steps_per_epoch, settings.threads
        made_of = DelfModelSettings(
            backbone=model.settings.backbone, hidden=settings.hidden, dim=settings.pca.dim
        )
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(settings.seed)
            delf = DelfModel(made_of, model.backbone)
            classifier = nn.Linear(delf.channels, len(crops.landmark_ids))
        self.model, self.classifier = on_device(delf, device), classifier.to(device)
        learnt = [*self.model.attention.parameters(), *self.classifier.parameters()]
        self.optimiser = torch.optim.AdamW(learnt, lr=settings.lr, weight_decay=settings.weight_decay)
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimiser, self.steps)
        self.parts = {
            "attention": self.model.attention,
            "classifier": self.classifier,
            "optimiser": self.optimiser,
            "schedule": self.schedule,
        }

    def reproducible(self, epoch: int) -> AbstractContextManager[None]:
        return exact_convolutions()

    def step(self, batch: Batch) -> Tensor:
        images, labels = to_network(batch[0], self.device), torch.from_numpy(batch[1]).to(self.device)
        maps = self.model.maps(images, amp=self.settings.amp)
        logits = self.classifier(attended(maps, self.model.attention(maps)))
        sums = descend(self.optimiser, functional.cross_entropy(logits, labels), logits, labels)
        self.schedule.step()
        return sums


def _fit_reduction(
    model: DelfModel,
    images: FileTree,
    table: pd.DataFrame,
    settings: DelfTrainingSettings,
    device: torch.device,
) -> None:
    """Fit the PCA of the model to the descriptors of a random sample of the photographs."""
    began = time.perf_counter()
    paths = _sample(table, settings)
    pixels = prefetch(paths, lambda path: read_rgb(images, path), settings.workers)
    progress = tqdm(pixels, "PCA of DELF", len(paths), unit="image", disable=None)
    vectors = (find_keypoints(model, image, settings.pca.keypoints, device).vectors for image in progress)
    normalised = (functional.normalize(block).cpu().numpy() for block in vectors)
    mean, components = principal_components(normalised, settings.pca.dim)
    model.reduction.mean.copy_(torch.from_numpy(mean))
    model.reduction.components.copy_(torch.from_numpy(components))
    seconds = time.perf_counter() - began
    logger.info("PCA of %d images in %.1f s (%.1f images/s)", len(paths), seconds, len(paths) / seconds)


def _sample(table: pd.DataFrame, settings: DelfTrainingSettings) -> list[str]:
    """Paths of random photographs, independent of the order of the rows."""
    paths: NDArray[Any] = table.sort_values("image_id")["path"].to_numpy()
    rng = np.random.default_rng(settings.seed)
    chosen = rng.choice(len(paths), min(settings.pca.images, len(paths)), replace=False)
    return [str(path) for path in paths[np.sort(chosen)]]
