"""Training of DELF: attention by classification, then the principal components of what it attends to."""

from __future__ import annotations

import hashlib
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
from landmark_retrieval.local_features.delf.attention import attended
from landmark_retrieval.local_features.delf.extractor import on_device
from landmark_retrieval.local_features.delf.keypoints import exact_convolutions, find_keypoints
from landmark_retrieval.local_features.delf.model import DelfModel
from landmark_retrieval.local_features.delf.pca import principal_components
from landmark_retrieval.local_features.delf.settings import DelfModelSettings, DelfTrainingSettings
from landmark_retrieval.models.embedding_model import EmbeddingModel
from landmark_retrieval.models.fingerprint import model_fingerprint
from landmark_retrieval.models.pixels import to_network
from landmark_retrieval.parallel.prefetch import prefetch
from landmark_retrieval.tables import History, table_of
from landmark_retrieval.training.batch import Batch
from landmark_retrieval.training.checkpoints import Checkpoints
from landmark_retrieval.training.delf.photographs import COLUMNS, SquareCrops
from landmark_retrieval.training.training_loop import TrainingLoop

logger = logging.getLogger(__name__)


def train_delf(
    model: EmbeddingModel,
    images: FileTree,
    table: pd.DataFrame,
    settings: DelfTrainingSettings,
    device: torch.device,
    checkpoints: Checkpoints | None = None,
) -> tuple[DelfModel, pd.DataFrame]:
    """A DELF model on the backbone of an embedding model, which stays as it is.

    The same input on the same machine gives the same weights, whether or not training was interrupted.

    Args:
        model: trained on photographs of the kind that features are wanted of.
        images: files that the table's paths lie in.
        table: `image_id`, `path`, `landmark_id` of the photographs, as a manifest keeps them.
        settings: of training and of the PCA.
        device: to train on.
        checkpoints: where to resume from and to leave the state of each epoch; None to keep none.

    Returns:
        The model on the CPU in evaluation mode, and the history of its attention: one row per epoch with
        `epoch` (from 1), `loss`, `accuracy`, `lr` (of the last step) and `images_per_second`.

    Raises:
        DataError: the backbone has no map of DELF's stride, the table lacks a column or has too few
            photographs, or a photograph cannot be read.
        FloatingPointError: the loss is no number any more.
    """
    crops = SquareCrops(images, table, settings)
    stage = _Loop(model, crops, settings, device)
    history = stage.run(checkpoints)
    delf = stage.model.eval()
    _fit_reduction(delf, images, table, settings, device)
    if checkpoints is not None:
        checkpoints.clear()
    delf.to("cpu").to(memory_format=torch.contiguous_format)
    return delf, table_of(History, history)


def delf_training_fingerprint(
    model: EmbeddingModel, table: pd.DataFrame, settings: DelfTrainingSettings
) -> str:
    """SHA-256 of what decides the result of training: the embedding model, photographs and settings."""
    digest = hashlib.sha256(settings.model_dump_json(exclude={"workers"}).encode())
    rows = table[COLUMNS].sort_values("image_id")
    digest.update(pd.util.hash_pandas_object(rows, index=False).to_numpy().tobytes())
    digest.update(model_fingerprint(model).encode())
    return digest.hexdigest()


class _Loop(TrainingLoop):
    """Everything that changes while attention is trained."""

    title = "DELF epoch"
    model: DelfModel

    def __init__(
        self, model: EmbeddingModel, crops: SquareCrops, settings: DelfTrainingSettings, device: torch.device
    ) -> None:
        self.photographs, self.settings, self.device = crops, settings, device
        self.epochs = settings.epochs
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
        steps = settings.epochs * crops.steps_per_epoch
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimiser, steps)
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
        loss = functional.cross_entropy(logits, labels)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.schedule.step()
        n_right = (logits.argmax(dim=1) == labels).sum()
        return torch.stack([loss.detach().double() * len(labels), n_right.double()])


def _fit_reduction(
    model: DelfModel,
    images: FileTree,
    table: pd.DataFrame,
    settings: DelfTrainingSettings,
    device: torch.device,
) -> None:
    """Give the model the principal components of the descriptors of a sample of the photographs."""
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
    """Paths of images drawn without regard to the order of the rows."""
    paths: NDArray[Any] = table.sort_values("image_id")["path"].to_numpy()
    rng = np.random.default_rng(settings.seed)
    chosen = rng.choice(len(paths), min(settings.pca.images, len(paths)), replace=False)
    return [str(path) for path in paths[np.sort(chosen)]]
