"""Raw files to tables, tables to one manifest per variant."""

from kedro.pipeline import Node, Pipeline, node

from landmark_retrieval import experiments
from landmark_retrieval.experiments import Experiments, Source, Variant
from landmark_retrieval.pipelines.data_cleaning import nodes
from landmark_retrieval.pipelines.data_cleaning.readers import READERS
from landmark_retrieval.pipelines.embedding.nodes import embed_train


def create_pipeline() -> Pipeline:
    """Read every source, then make every variant's manifest."""
    chosen = experiments.chosen()
    read = [_read(name, source) for name, source in chosen.sources.items()]
    made = [n for name, variant in chosen.variants.items() for n in _make(chosen, name, variant)]
    return Pipeline([*read, *made])


def _read(source: str, entry: Source) -> Node:
    reader, tables = READERS[entry.format]
    return node(
        reader,
        [f"{source}.raw", "params:reading"],
        {table: f"{source}.{table}" for table in tables},
        name="read",
        namespace=source,
    )


def _make(chosen: Experiments, name: str, variant: Variant) -> list[Node]:
    if variant.source is not None:
        return [_publish(name, variant.source)]
    if variant.cleaned_from is not None:
        return _clean(chosen, name, variant)
    if variant.withheld_from is not None:
        return _withhold(name, variant)
    searched = [n for b in variant.against for n in _find_overlap(chosen, name, variant, b)]
    return [*searched, _deduplicate(name, variant)]


def _publish(variant: str, source: str) -> Node:
    return node(
        nodes.publish,
        [f"{source}.train_images", f"params:experiments.variants.{variant}.source"],
        f"{variant}.manifest",
        name="publish",
        namespace=variant,
    )


def _clean(chosen: Experiments, name: str, variant: Variant) -> list[Node]:
    parent, raw = f"{variant.cleaned_from}.manifest", f"{chosen.source_of(name)}.raw"
    settings = f"params:{name}.cleaning"
    return [
        node(
            embed_train,
            [f"{variant.embedded_by}.model", raw, parent, "params:embedding", "params:device"],
            f"{name}.candidate_embeddings",
            name="embed_candidates",
            namespace=name,
        ),
        node(
            nodes.find_neighbours,
            [f"{name}.candidate_embeddings", settings, "params:search"],
            f"{name}.neighbours",
            name="find_neighbours",
            namespace=name,
        ),
        node(
            nodes.verify_neighbours,
            [f"{name}.neighbours", parent, raw, settings, "params:geometry"],
            f"{name}.evidence",
            name="verify_neighbours",
            namespace=name,
        ),
        node(
            nodes.clean,
            [f"{name}.evidence", parent, settings],
            f"{name}.manifest",
            name="clean",
            namespace=name,
        ),
    ]


def _find_overlap(chosen: Experiments, name: str, variant: Variant, benchmark: str) -> list[Node]:
    parent, settings = variant.deduplicated_from, f"params:{name}.overlap"
    return [
        node(
            nodes.search_overlap,
            [f"{parent}.{benchmark}.query_embeddings", f"{parent}.train_embeddings", settings],
            f"{name}.{benchmark}.overlap_ranking",
            name=f"search_{benchmark}",
            namespace=name,
        ),
        node(
            nodes.verify_overlap,
            {
                "ranking": f"{name}.{benchmark}.overlap_ranking",
                "queries": f"{benchmark}.query_images",
                "query_files": f"{benchmark}.raw",
                "parent": f"{parent}.manifest",
                "train_files": f"{chosen.source_of(name)}.raw",
                "settings": settings,
                "geometry": "params:geometry",
            },
            f"{name}.{benchmark}.overlap_evidence",
            name=f"verify_{benchmark}",
            namespace=name,
        ),
    ]


def _deduplicate(name: str, variant: Variant) -> Node:
    candidates = {benchmark: f"{name}.{benchmark}.overlap_evidence" for benchmark in variant.against}
    return node(
        nodes.deduplicate,
        {
            "parent": f"{variant.deduplicated_from}.manifest",
            "settings": f"params:{name}.overlap",
            **candidates,
        },
        {"manifest": f"{name}.manifest", "proposals": f"{name}.overlap_proposals"},
        name="deduplicate",
        namespace=name,
    )


def _withhold(name: str, variant: Variant) -> list[Node]:
    solutions = {benchmark: f"{benchmark}.recognition_solution" for benchmark in variant.against}
    return [
        node(
            nodes.withhold,
            {
                "parent": f"{variant.withheld_from}.manifest",
                "settings": f"params:{name}.withholding",
                **solutions,
            },
            f"{name}.manifest",
            name="withhold",
            namespace=name,
        )
    ]
