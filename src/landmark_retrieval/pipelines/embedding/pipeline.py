"""Embeddings of every variant's training images and of every benchmark's index and queries."""

from kedro.pipeline import Node, Pipeline, node

from landmark_retrieval import experiments
from landmark_retrieval.experiments import Experiments
from landmark_retrieval.pipelines.embedding import nodes


def create_pipeline() -> Pipeline:
    """For each variant: its training images, then each benchmark's index and queries."""
    chosen = experiments.chosen()
    return Pipeline([n for variant in chosen.variants for n in _embed(chosen, variant)])


def _embed(chosen: Experiments, variant: str) -> list[Node]:
    benchmarks = [
        _node(variant, f"{b}.raw", f"{b}.{split}_images", f"{b}.{split}_embeddings", nodes.embed)
        for b in chosen.benchmarks
        for split in ("index", "query")
    ]
    raw = f"{chosen.source_of(variant)}.raw"
    return [_node(variant, raw, f"{variant}.manifest", "train_embeddings", nodes.embed_train), *benchmarks]


def _node(variant: str, raw: str, table: str, output: str, function: nodes.Embed) -> Node:
    return node(
        function,
        [f"{variant}.model", raw, table, "params:embedding", "params:device"],
        f"{variant}.{output}",
        name=f"embed_{output.removesuffix('_embeddings').replace('.', '_')}",
        namespace=variant,
    )
