"""Embeddings of the training, index and query images of every model."""

from kedro.pipeline import Node, Pipeline, node

from landmark_retrieval import experiments
from landmark_retrieval.experiments import Experiments
from landmark_retrieval.experiments.benchmarks import Benchmark
from landmark_retrieval.experiments.models import PRETRAINED
from landmark_retrieval.pipelines.embedding import nodes


def create_pipeline() -> Pipeline:
    """For each model: the variants that vote or are cleaned by it, then each benchmark's index and queries.

    Local features of a benchmark and descriptors of regions are made if a re-ranking step asks for them.
    """
    chosen = experiments.chosen()
    trained = [_train(chosen, m, v) for m, variants in chosen.embedded.items() for v in variants]
    splits = [(m, *split) for m in chosen.models for split in chosen.splits]
    splits += [(m, source, "query") for m, sources in chosen.queried.items() for source in sources]
    regions = [s for s in splits if chosen.needed("regions") and s[0] != PRETRAINED]
    featured = chosen.splits if chosen.needed("geometry") else []
    return Pipeline(
        [
            *trained,
            *(_embed(chosen, *split) for split in splits),
            *(_embed_regions(chosen, *split) for split in regions),
            *(_append(m, b, e) for m in chosen.models for b, e in chosen.benchmarks.items() if e.distractors),
            *(_extract(chosen, *split) for split in featured),
        ]
    )


def _train(chosen: Experiments, model: str, variant: str) -> Node:
    name, manifest, made = f"embed_{variant}", f"{variant}.manifest", f"{model}.{variant}.train_embeddings"
    if vectors := chosen.vectors_of(model):
        sources = chosen.sources_of(variant)
        pictures = [chosen.sources[source].record.has_pictures for source in sources]
        reader = nodes.train_reader(sources, complete=not any(pictures))
        return node(reader, [f"{vectors}.raw", manifest], made, name=name, namespace=model)
    if whole := _embedded_ancestor(chosen, model, variant):
        inputs = [f"{model}.{whole}.train_embeddings", manifest]
        return node(nodes.select_train, inputs, made, name=name, namespace=model)
    return node(
        nodes.embed_train,
        {
            "model": chosen.network(model),
            "manifest": manifest,
            "work": f"{model}.{variant}.embedding_shards",
            "settings": chosen.settings(model, "embedding"),
            "device": "params:device",
            **chosen.raw_of(variant),
        },
        made,
        name=name,
        namespace=model,
    )


def _embedded_ancestor(chosen: Experiments, model: str, variant: str) -> str | None:
    """The nearest variant that a variant is a part of and that the model embeds as well."""
    parent = chosen.variants[variant].parent
    while parent is not None and parent not in chosen.embedded[model]:
        parent = chosen.variants[parent].parent
    return parent


def _embed(chosen: Experiments, model: str, source: str, split: str) -> Node:
    name = f"embed_{source}_{split}"
    images, made = f"{source}.{split}_images", f"{model}.{source}.{split}_embeddings"
    if vectors := chosen.vectors_of(model):
        reader = nodes.reader(source, split, complete=not chosen.sources[source].record.has_pictures)
        return node(reader, [f"{vectors}.raw", images], made, name=name, namespace=model)
    return node(
        nodes.embed,
        {
            "model": chosen.network(model),
            "files": f"{source}.raw",
            "images": images,
            "work": f"{model}.{source}.{split}_shards",
            "settings": chosen.settings(model, chosen.sources[source].record.embedding),
            "device": "params:device",
        },
        made,
        name=name,
        namespace=model,
    )


def _embed_regions(chosen: Experiments, model: str, source: str, split: str) -> Node:
    return node(
        nodes.embed_regions,
        {
            "model": chosen.network(model),
            "files": f"{source}.raw",
            "images": f"{source}.{split}_images",
            "settings": chosen.settings(model, chosen.sources[source].record.embedding),
            "levels": "params:region_levels",
            "device": "params:device",
        },
        f"{model}.{source}.{split}_regions",
        name=f"embed_{source}_{split}_regions",
        namespace=model,
    )


def _append(model: str, benchmark: str, entry: Benchmark) -> Node:
    return node(
        nodes.append_distractors,
        [f"{model}.{source}.index_embeddings" for source in (entry.source, *entry.distractors)],
        f"{model}.{benchmark}.index_embeddings",
        name=f"append_{benchmark}_distractors",
        namespace=model,
    )


def _extract(chosen: Experiments, source: str, split: str) -> Node:
    return node(
        nodes.extract_local_features,
        {
            "files": f"{source}.raw",
            "images": f"{source}.{split}_images",
            "geometry": "params:geometry",
            "device": "params:device",
            **chosen.delf_input,
        },
        f"{source}.{split}_features",
        name=f"extract_{split}_features",
        namespace=source,
    )
