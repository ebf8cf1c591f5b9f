"""Embeddings of every variant's training images and of every benchmark's index and queries."""

from kedro.pipeline import Node, Pipeline, node

from landmark_retrieval import experiments
from landmark_retrieval.experiments import Experiments
from landmark_retrieval.pipelines.embedding import nodes


def create_pipeline() -> Pipeline:
    """For each variant: its training images, then each benchmark's index and queries."""
    chosen = experiments.chosen()
    if not chosen.benchmarks:
        return Pipeline([])
    return Pipeline([n for variant in chosen.variants for n in _embed(chosen, variant)])


def _embed(chosen: Experiments, variant: str) -> list[Node]:
    raw = f"{chosen.source_of(variant)}.raw"
    train = _node(variant, nodes.embed_train, raw, f"{variant}.manifest", "train_embeddings", "embedding")
    return [train] + [
        _node(
            variant,
            nodes.embed,
            f"{benchmark}.raw",
            f"{benchmark}.{split}_images",
            f"{benchmark}.{split}_embeddings",
            "embedding_revisited" if source.format == "revisited" else "embedding",
        )
        for benchmark, source in chosen.benchmarks.items()
        for split in ("index", "query")
    ]


def _node(variant: str, function: nodes.Embed, raw: str, table: str, output: str, settings: str) -> Node:
    return node(
        function,
        [f"{variant}.model", raw, table, f"params:{settings}", "params:device"],
        f"{variant}.{output}",
        name=f"embed_{output.removesuffix('_embeddings').replace('.', '_')}",
        namespace=variant,
    )
