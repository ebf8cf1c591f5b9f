"""The start model, then one trained model per variant."""

from kedro.pipeline import Node, Pipeline, node

from landmark_retrieval import experiments
from landmark_retrieval.experiments import PRETRAINED, Experiments
from landmark_retrieval.pipelines.training import nodes


def create_pipeline() -> Pipeline:
    """The start model and every variant's training."""
    chosen = experiments.chosen()
    start = node(
        nodes.start, "params:model", f"{PRETRAINED}.model", name="load_start_model", namespace=PRETRAINED
    )
    return Pipeline([start, *(_train(chosen, name) for name in chosen.variants)])


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
