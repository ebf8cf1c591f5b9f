"""Vectors of photographs: a folder of real ones, or generated ones with long-tailed landmark sizes."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import yaml
from cases import NOBODY
from PIL import Image

from landmark_retrieval.arrays import Float32s, Int64s
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.models.config import EmbeddingSettings, ModelSettings
from landmark_retrieval.models.embedding_model import EmbeddingModel, build_model
from landmark_retrieval.models.extraction import extract
from landmark_retrieval.world import WorldSettings, plan_world, render_part

SQUEEZENET = {"backbone": "squeezenet1_0", "gem_p": 3.0, "gem_trainable": False, "dim": None, "seed": 0}
CONF = Path(__file__).parents[2] / "conf" / "base" / "parameters"
WORLD = {"seed": 5, "long_side": 128, "workers": 1}
NOISY = {
    **{"landmarks": 150, "train_only_share": 1.0, "index_only_share": 0.0, "wrong_label_rate": 0.0},
    **{"train_photographs_per_landmark": 7, "irrelevant_rate": 0.0, "index_distractors": 250, "queries": 0},
}


def real_photographs(folder: Path, weights: str) -> tuple[Float32s, Int64s]:
    """Vectors of the photographs of a folder by a SqueezeNet, and their landmarks."""
    files = sorted([*folder.glob("landmarks/*/*"), *folder.glob("distractors/*")])
    model = build_model(ModelSettings.model_validate({**SQUEEZENET, "weights": weights}))
    vectors = embed(model, folder, files, max_side=512, scales=(1.0,))
    names = [file.parent.name if file.parent.parent.name == "landmarks" else "" for file in files]
    return vectors, np.unique(names, return_inverse=True)[1].astype(np.int64) - ("" in names)


def generated_photographs() -> tuple[Float32s, Int64s]:
    """Vectors of photographs of a generated world by the shipped weights, and their landmarks.

    The world shares no landmark with those of the demo and of the weights. The vectors are the pooled ones,
    which is what training a projection on them starts from.
    """
    world = yaml.safe_load((CONF / "world.yml").read_text())["world"] | WORLD
    world["gldv2"] |= NOISY
    plan = plan_world(WorldSettings.model_validate(world))
    shown = plan.photographs[plan.photographs["part"] == "gldv2"]
    settings = yaml.safe_load((CONF / "model.yml").read_text())["model"]
    model = build_model(
        ModelSettings.model_validate(settings | {"weights": str(CONF.parents[2] / settings["weights"])})
    )
    model.projection = torch.nn.Sequential()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name, content in render_part(plan, "gldv2"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        files = [folder / path for path in shown["path"]]
        vectors = embed(model, folder, files, max_side=128, scales=(0.7071, 1.0, 1.4142))
    landmarks = np.where(shown["split"] == "train", shown["landmark"], NOBODY)
    return vectors, np.unique(landmarks, return_inverse=True)[1].astype(np.int64) - 1


def embed(
    model: EmbeddingModel, folder: Path, files: list[Path], max_side: int, scales: tuple[float, ...]
) -> Float32s:
    """Vectors of photographs, on one thread: the same everywhere."""
    names = [file.relative_to(folder).as_posix() for file in files]
    sizes = [Image.open(file).size for file in files]
    table = pd.DataFrame(
        {"image_id": names, "path": names, "width": [w for w, _ in sizes], "height": [h for _, h in sizes]}
    )
    shown = EmbeddingSettings(
        aspect_groups=None,
        max_side=max_side,
        scales=scales,
        multiple_of=1,
        min_side=64,
        batch_size=4,
        amp=False,
        threads=1,
        workers=1,
        super_global=None,
    )
    return np.concatenate(list(extract(model, FileTree(folder), table, shown, torch.device("cpu"))))
