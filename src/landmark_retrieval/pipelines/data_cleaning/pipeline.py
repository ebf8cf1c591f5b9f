"""Raw files to tables, tables to one manifest per variant."""

from kedro.pipeline import Node, Pipeline, node

from landmark_retrieval import experiments
from landmark_retrieval.experiments import Experiments
from landmark_retrieval.experiments.sources import Source
from landmark_retrieval.experiments.variants import Variant
from landmark_retrieval.pipelines.data_cleaning import nodes
from landmark_retrieval.pipelines.data_cleaning.cleaning import clean
from landmark_retrieval.pipelines.data_cleaning.overlap import extract_queries, remove_overlap


def create_pipeline() -> Pipeline:
    """Read every source, then make every variant's manifest."""
    chosen = experiments.chosen()
    read = [_read(name, source) for name, source in chosen.sources.items() if source.tables]
    compared = [variant for variant in chosen.variants.values() if variant.without_overlap_from]
    against = dict.fromkeys(benchmark for variant in compared for benchmark in variant.against)
    shared = [extract_queries(chosen, benchmark) for benchmark in against]
    made = [n for name, variant in chosen.variants.items() for n in _make(chosen, name, variant)]
    return Pipeline([*read, *shared, *made])


def _read(source: str, entry: Source) -> Node:
    return node(
        entry.record.read,
        [f"{source}.raw", "params:reading"],
        {table: f"{source}.{table}" for table in entry.tables},
        name="read",
        namespace=source,
    )


def _make(chosen: Experiments, name: str, variant: Variant) -> list[Node]:
    if variant.cleaned_from is not None:
        return clean(chosen, name, variant)
    if variant.without_overlap_from is not None:
        return remove_overlap(chosen, name, variant)
    return [_manifest(chosen, name, variant)]


def _manifest(chosen: Experiments, name: str, variant: Variant) -> Node:
    """The node of a variant that needs no other artefact."""
    if variant.source is not None:
        return _publish(chosen, name, variant.source)
    if variant.published_from is not None:
        return _publish_list(chosen, name, variant)
    if variant.withheld_from is not None:
        return _withhold(name, variant)
    if variant.noise_from is not None:
        return _plant_noise(name, variant.noise_from)
    return _unite(name, variant)


def _publish(chosen: Experiments, variant: str, source: str) -> Node:
    hashes = {"image_hashes": f"{source}.image_hashes"} if chosen.sources[source].record.has_pictures else {}
    return node(
        nodes.publish,
        {
            "train_images": f"{source}.train_images",
            "source": f"params:experiments.variants.{variant}.source",
            **hashes,
        },
        f"{variant}.manifest",
        name="publish",
        namespace=variant,
    )


def _publish_list(chosen: Experiments, name: str, variant: Variant) -> Node:
    return node(
        nodes.publish_list,
        [f"{chosen.source_of(name)}.raw", f"{variant.published_from}.manifest"],
        f"{name}.manifest",
        name="publish",
        namespace=name,
    )


def _withhold(name: str, variant: Variant) -> Node:
    solutions = {benchmark: f"{benchmark}.recognition_solution" for benchmark in variant.against}
    return node(
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


def _plant_noise(name: str, parent: str) -> Node:
    return node(
        nodes.plant_noise,
        [f"{parent}.manifest", f"params:{name}.label_noise"],
        f"{name}.manifest",
        name="plant_noise",
        namespace=name,
    )


def _unite(name: str, variant: Variant) -> Node:
    manifests = [f"{parent}.manifest" for parent in variant.union_of]
    return node(nodes.unite, manifests, f"{name}.manifest", name="unite", namespace=name)
