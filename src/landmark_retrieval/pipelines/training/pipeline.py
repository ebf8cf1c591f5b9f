"""The start model, then one trained model per variant, and DELF where it is asked for."""

from kedro.pipeline import Node, Pipeline, node

from landmark_retrieval import experiments
from landmark_retrieval.experiments import Experiments
from landmark_retrieval.experiments.variants import PRETRAINED
from landmark_retrieval.pipelines.training import nodes


def create_pipeline() -> Pipeline:
    """The start model and every variant's training."""
    chosen = experiments.chosen()
    start = node(
        nodes.start, "params:model", f"{PRETRAINED}.model", name="load_start_model", namespace=PRETRAINED
    )
    delf = [] if chosen.delf is None else [_train_delf(chosen, chosen.delf)]
    return Pipeline([start, *(_train(chosen, name) for name in chosen.variants), *delf])


def _train(chosen: Experiments, variant: str) -> Node:
    return node(
        nodes.train,
        {
            "model": f"{chosen.variants[variant].start}.model",
            "files": f"{chosen.source_of(variant)}.raw",
            "manifest": f"{variant}.manifest",
            "checkpoints": f"{variant}.checkpoints",
            "settings": "params:training",
            "device": "params:device",
        },
        {"model": f"{variant}.model", "history": f"{variant}.history"},
        name="train",
        namespace=variant,
    )


def _train_delf(chosen: Experiments, variant: str) -> Node:
    return node(
        nodes.train_delf,
        {
            "model": f"{variant}.model",
            "files": f"{chosen.source_of(variant)}.raw",
            "manifest": f"{variant}.manifest",
            "checkpoints": "delf.checkpoints",
            "settings": "params:delf",
            "device": "params:device",
        },
        {"model": "delf.model", "history": "delf.history"},
        name="train",
        namespace="delf",
    )
