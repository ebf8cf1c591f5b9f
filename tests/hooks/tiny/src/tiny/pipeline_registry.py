import random

import numpy as np
import pandas as pd
from kedro.pipeline import Pipeline, node
from pydantic import BaseModel

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.images.file_tree import FileTree


class TrainingSettings(BaseModel):
    lr: float
    note: str


class Unpicklable:
    pass


def draw(breaks: str) -> list[tuple[str, bytes]]:
    return [("train.csv", b"id\na\nb\n"), ("a.jpg", b"a"), ("b.jpg", b"b")]


def read(files: FileTree, settings: dict) -> pd.DataFrame:
    ids = files.path("train.csv").read_text().split()[1:]
    columns = {"image_id": ids, "path": [f"{i}.jpg" for i in ids], "width": 4, "height": 3}
    return pd.DataFrame(columns).assign(landmark_id=settings.get("landmark", 1))


def publish(images: pd.DataFrame, variant: str) -> pd.DataFrame:
    return images.assign(
        kept=[True, variant == "v2"], reason="as published", evidence="", source="gldv2", source_version=""
    )


def train(manifest: pd.DataFrame, settings: TrainingSettings) -> tuple[Embeddings, pd.DataFrame]:
    history = pd.DataFrame({"epoch": [1, 2], "loss": [2.0, 1.0], "lr": [settings.lr, settings.lr / 2]})
    vectors = np.array([[random.random(), np.random.rand()] for _ in range(len(manifest))])  # noqa: NPY002
    return Embeddings(manifest["image_id"].to_numpy(dtype=str), vectors.astype(np.float32)), history


def evaluate(
    embeddings: Embeddings, ablation: dict, value: float, breaks: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    if breaks == "by hand":
        raise KeyboardInterrupt
    if breaks == "in the function":
        raise RuntimeError("no such luck")
    rows = [
        ("mAP@100", "Private", value, value - 0.1, value + 0.1),
        ("mAP@100", "Public", 0.3, np.nan, np.nan),
    ]
    metrics = pd.DataFrame(rows, columns=["metric", "split", "value", "low", "high"])
    metrics = metrics.assign(n=5, protocol="gldv2 retrieval 2.1")
    if breaks == "while saving":
        metrics["protocol"] = Unpicklable()
    return metrics, pd.DataFrame({"image_id": ["q"], "average_precision": [value]})


def summarise(*metrics: pd.DataFrame) -> str:
    return f"<p>{len(metrics)}</p>"


def _of_variant(variant: str, values: dict[str, float]) -> list:
    made = [
        node(
            lambda images: publish(images, variant),
            "gldv2.images",
            f"{variant}.manifest",
            name="publish",
            namespace=variant,
        ),
        node(
            train,
            [f"{variant}.manifest", f"params:{variant}.training"],
            [f"{variant}.embeddings", f"{variant}.history"],
            name="train",
            namespace=variant,
        ),
    ]
    for ablation, value in values.items():
        name = f"{variant}.{ablation}"
        outputs = [f"{name}.gldv2.metrics", f"{name}.gldv2.per_query"]
        breaks = "params:breaks" if name == "v2_clean.knn" else "params:experiments.variants.v2.source"
        made.append(
            node(
                lambda embeddings, ablation, breaks, value=value: evaluate(
                    embeddings, ablation, value, breaks
                ),
                [f"{variant}.embeddings", f"params:experiments.ablations.{ablation}", breaks],
                outputs,
                name="evaluate",
                namespace=name,
            )
        )
    return made


def join(manifest: pd.DataFrame, embeddings: Embeddings) -> int:
    return len(manifest) + len(embeddings)


def register_pipelines() -> dict[str, Pipeline]:
    values = {"v2": {"knn": 0.2, "alpha_qe": 0.25}, "v2_clean": {"knn": 0.4, "alpha_qe": 0.5}}
    everything = Pipeline(
        [
            node(draw, "params:breaks", "gldv2.raw", name="draw", namespace="world"),
            node(read, ["gldv2.raw", "params:reading"], "gldv2.images", name="read", namespace="gldv2"),
            *(n for variant, by_ablation in values.items() for n in _of_variant(variant, by_ablation)),
            node(
                summarise,
                [f"{v}.{a}.gldv2.metrics" for v, by_ablation in values.items() for a in by_ablation],
                "summary",
                name="summarise",
            ),
        ]
    )
    joining = node(join, ["v2_clean.manifest", "v2_clean.embeddings"], "joined", name="join")
    training = everything.filter(node_names=["v2.train", "v2_clean.train"])
    return {"__default__": everything, "training": training, "joining": Pipeline([joining])}
