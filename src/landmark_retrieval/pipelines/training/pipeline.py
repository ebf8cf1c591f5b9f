"""The start model, then one training per model, and DELF where it is requested."""

from kedro.pipeline import Node, Pipeline, node

from landmark_retrieval import experiments
from landmark_retrieval.experiments import Experiments
from landmark_retrieval.experiments.models import PRETRAINED
from landmark_retrieval.pipelines.training import nodes


def create_pipeline() -> Pipeline:
    """The start models and every model's training."""
    chosen = experiments.chosen()
    starts = [_start(chosen, PRETRAINED, f"{PRETRAINED}.model")] if chosen.uses_pretrained else []
    starts += [_start(chosen, m, f"{m}.start") for m in chosen.models if chosen.recipe_changes(m, "model")]
    trained = [
        _train(chosen, name, entry.trained_on) for name, entry in chosen.models.items() if entry.trained_on
    ]
    delf = [] if chosen.delf is None else [_train_delf(chosen, chosen.delf)]
    return Pipeline([*starts, *trained, *delf])


def _start(chosen: Experiments, model: str, start: str) -> Node:
    return node(nodes.start, chosen.settings(model, "model"), start, name="load_start_model", namespace=model)


def _train(chosen: Experiments, model: str, variant: str) -> Node:
    return node(
        nodes.train,
        {
            "model": chosen.start_of(model),
            "manifest": f"{variant}.manifest",
            "checkpoints": f"{model}.checkpoints",
            "settings": chosen.settings(model, "training"),
            "device": "params:device",
            **chosen.raw_of(variant),
        },
        {"model": f"{model}.model", "history": f"{model}.history"},
        name="train",
        namespace=model,
    )


def _train_delf(chosen: Experiments, model: str) -> Node:
    variant = chosen.models[model].trained_on or ""
    return node(
        nodes.train_delf,
        {
            "model": f"{model}.model",
            "manifest": f"{variant}.manifest",
            "checkpoints": "delf.checkpoints",
            "settings": "params:delf",
            "device": "params:device",
            **chosen.raw_of(variant),
        },
        {"model": "delf.model", "history": "delf.history"},
        name="train",
        namespace="delf",
    )
