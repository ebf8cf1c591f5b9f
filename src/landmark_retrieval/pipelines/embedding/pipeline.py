"""Embeddings of every variant's training images and of every benchmark's index and queries."""

from kedro.pipeline import Node, Pipeline, node

from landmark_retrieval import experiments
from landmark_retrieval.experiments import Experiments
from landmark_retrieval.pipelines.embedding import nodes


def create_pipeline() -> Pipeline:
    """For each variant: its training images, then each benchmark's index and queries.

    Local features of a benchmark and descriptors of regions are made if a re-ranking step asks for them.
    """
    chosen = experiments.chosen()
    if not chosen.benchmarks:
        return Pipeline([])
    embedded = [n for variant in chosen.variants for n in _embed(chosen, variant)]
    wanted = chosen.benchmarks if chosen.needed("geometry") else {}
    featured = [_extract(chosen, b, split) for b in wanted for split in _SPLITS]
    return Pipeline([*embedded, *featured])


_SPLITS = ("index", "query")


def _embed(chosen: Experiments, variant: str) -> list[Node]:
    raw = f"{chosen.source_of(variant)}.raw"
    train = _node(variant, nodes.embed_train, raw, f"{variant}.manifest", "train_embeddings", "embedding")
    splits = [
        (benchmark, split, source.record.embedding)
        for benchmark, source in chosen.benchmarks.items()
        for split in _SPLITS
    ]
    embedded = [
        _node(variant, nodes.embed, f"{b}.raw", f"{b}.{split}_images", f"{b}.{split}_embeddings", settings)
        for b, split, settings in splits
    ]
    wanted = splits if chosen.needed("regions") else []
    return [train, *embedded, *(_embed_regions(variant, *split) for split in wanted)]


def _embed_regions(variant: str, benchmark: str, split: str, settings: str) -> Node:
    return node(
        nodes.embed_regions,
        {
            "model": f"{variant}.model",
            "files": f"{benchmark}.raw",
            "images": f"{benchmark}.{split}_images",
            "settings": f"params:{settings}",
            "levels": "params:region_levels",
            "device": "params:device",
        },
        f"{variant}.{benchmark}.{split}_regions",
        name=f"embed_{benchmark}_{split}_regions",
        namespace=variant,
    )


def _extract(chosen: Experiments, benchmark: str, split: str) -> Node:
    return node(
        nodes.extract_local_features,
        {
            "files": f"{benchmark}.raw",
            "images": f"{benchmark}.{split}_images",
            "geometry": "params:geometry",
            "device": "params:device",
            **chosen.delf_input,
        },
        f"{benchmark}.{split}_features",
        name=f"extract_{split}_features",
        namespace=benchmark,
    )


def _node(variant: str, function: nodes.Embed, raw: str, table: str, output: str, settings: str) -> Node:
    return node(
        function,
        [f"{variant}.model", raw, table, f"params:{settings}", "params:device"],
        f"{variant}.{output}",
        name=f"embed_{output.removesuffix('_embeddings').replace('.', '_')}",
        namespace=variant,
    )
