from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.models.config import ModelSettings
from landmark_retrieval.models.embedding_model import EmbeddingModel
from landmark_retrieval.training.settings import TrainingSettings

SIDES = [(48, 32), (32, 48)]


@pytest.fixture(autouse=True, scope="module")
def _one_thread(one_thread: None) -> None:
    """For all modules of this folder."""


@pytest.fixture
def settings() -> TrainingSettings:
    return TrainingSettings(
        aspect_groups={"bins": [1.0], "sizes": [[48, 32], [32, 48]]},
        augmentation={"brightness": 0.1, "brightness_probability": 0.5, "scale": 0.2},
        loss={"name": "arcface", "scale": 30.0, "margin": 0.3},
        epochs=3,
        iterations=None,
        batch_size=4,
        lr=0.02,
        lr_min=3e-6,
        momentum=0.9,
        weight_decay=1e-5,
        warmup_iterations=2,
        seed=0,
        amp=False,
        threads=1,
        workers=2,
    )


@pytest.fixture
def model() -> EmbeddingModel:
    return EmbeddingModel(
        ModelSettings(backbone="squeezenet1_1", weights=None, gem_p=3.0, gem_trainable=True, dim=8, seed=0)
    )


@pytest.fixture
def photographs(tmp_path: Path) -> tuple[FileTree, pd.DataFrame]:
    """Three landmarks of one colour each, five photographs of each, lying and standing in turn."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(15):
        width, height = SIDES[i % 2]
        colour = np.eye(3)[i % 3] * 200
        pixels = (colour + rng.integers(0, 50, (height, width, 3))).astype(np.uint8)
        cv2.imwrite(str(tmp_path / f"{i}.png"), pixels)
        rows.append((f"image{i}", f"{i}.png", 100 - 7 * (i % 3), width, height))
    return FileTree(tmp_path), pd.DataFrame(
        rows, columns=["image_id", "path", "landmark_id", "width", "height"]
    )
