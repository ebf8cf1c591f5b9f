from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.models.config import EmbeddingSettings, ModelSettings
from landmark_retrieval.models.embedding_model import EmbeddingModel

SIZES = [(96, 64), (64, 96), (70, 70), (96, 64), (80, 72), (64, 96), (33, 47)]


@pytest.fixture
def model_settings() -> ModelSettings:
    return ModelSettings(
        backbone="shufflenet_v2_x0_5", weights=None, gem_p=3.0, gem_trainable=True, dim=8, seed=0
    )


@pytest.fixture
def model(model_settings: ModelSettings) -> EmbeddingModel:
    return EmbeddingModel(model_settings).eval()


@pytest.fixture
def embedding_settings() -> EmbeddingSettings:
    return EmbeddingSettings(
        aspect_groups={"bins": [0.8, 1.25], "sizes": [[96, 64], [64, 64], [64, 96]]},
        max_side=None,
        scales=[1.0, 1.5],
        multiple_of=32,
        min_side=32,
        batch_size=2,
        amp=False,
        threads=1,
        workers=2,
        super_global=None,
    )


@pytest.fixture
def photographs(tmp_path: Path) -> tuple[FileTree, pd.DataFrame]:
    rng = np.random.default_rng(0)
    rows = []
    for i, (width, height) in enumerate(SIZES):
        small = rng.integers(0, 256, (5, 5, 3), dtype=np.uint8)
        cv2.imwrite(str(tmp_path / f"{i}.png"), cv2.resize(small, (width, height)))
        rows.append((f"image{i}", f"{i}.png", width, height))
    return FileTree(tmp_path), pd.DataFrame(rows, columns=["image_id", "path", "width", "height"])


@pytest.fixture(autouse=True, scope="module")
def _one_thread(one_thread: None) -> None:
    """For all modules of this folder."""
