"""Overlap of a variant with benchmarks: search, verification, names, verdicts, decision, review sheet."""

from kedro.pipeline import Node, node

from landmark_retrieval.experiments.experiments import Experiments
from landmark_retrieval.experiments.variants import Variant
from landmark_retrieval.pipelines.data_cleaning import chance_nodes
from landmark_retrieval.pipelines.data_cleaning import overlap_nodes as nodes


def extract_queries(chosen: Experiments, benchmark: str) -> Node:
    """The node of the local features of queries, which all variants share that are compared with them."""
    return node(
        nodes.extract_queries,
        {
            "files": f"{benchmark}.raw",
            "queries": f"{benchmark}.query_images",
            "geometry": "params:geometry",
            "device": "params:device",
            **chosen.delf_input,
        },
        f"{benchmark}.overlap_query_features",
        name="extract_whole_queries",
        namespace=benchmark,
    )


def remove_overlap(chosen: Experiments, name: str, variant: Variant) -> list[Node]:
    """The nodes that make the manifest of a variant without the landmarks of benchmarks."""
    compared = [n for benchmark in variant.against for n in _compare(chosen, name, variant, benchmark)]
    return [*compared, *_decide(chosen, name, variant), _show(chosen, name, variant)]


def _compare(chosen: Experiments, name: str, variant: Variant, benchmark: str) -> list[Node]:
    return [*_find(chosen, name, variant, benchmark), *_verify(name, variant, benchmark)]


def _find(chosen: Experiments, name: str, variant: Variant, benchmark: str) -> list[Node]:
    """The nearest training images of the queries, and their local features."""
    parent, settings, base = variant.without_overlap_from, f"params:{name}.overlap", f"{name}.{benchmark}"
    model = variant.embedded_by
    return [
        node(
            nodes.search_overlap,
            [f"{model}.{benchmark}.query_embeddings", f"{model}.{parent}.train_embeddings", settings],
            f"{base}.overlap_ranking",
            name=f"search_{benchmark}",
            namespace=name,
        ),
        node(
            nodes.extract_overlap,
            {
                "ranking": f"{base}.overlap_ranking",
                "queries": f"{benchmark}.query_images",
                "parent": f"{parent}.manifest",
                "settings": settings,
                "geometry": "params:geometry",
                "device": "params:device",
                **chosen.delf_input,
                **chosen.raw_of(name),
            },
            f"{base}.overlap_train_features",
            name=f"extract_{benchmark}",
            namespace=name,
        ),
    ]


def _verify(name: str, variant: Variant, benchmark: str) -> list[Node]:
    """Verification of these pairs, and of pairs of different landmarks."""
    parent, settings, base = variant.without_overlap_from, f"params:{name}.overlap", f"{name}.{benchmark}"
    train_features = f"{base}.overlap_train_features"
    return [
        node(
            chance_nodes.verify_different_landmarks_found,
            [
                f"{parent}.manifest",
                f"{variant.embedded_by}.{parent}.train_embeddings",
                train_features,
                "params:false_verifications",
                "params:geometry",
            ],
            f"{base}.different_evidence",
            name=f"verify_different_landmarks_of_{benchmark}",
            namespace=name,
        ),
        node(
            nodes.verifier(benchmark),
            {
                "ranking": f"{base}.overlap_ranking",
                "parent": f"{parent}.manifest",
                "query_features": f"{benchmark}.overlap_query_features",
                "train_features": train_features,
                "different": f"{base}.different_evidence",
                "settings": settings,
                "wanted": "params:false_verifications",
                "geometry": "params:geometry",
            },
            {
                "evidence": f"{base}.overlap_evidence",
                "compared": f"{base}.false_verifications",
                "pairs": f"{base}.overlap_pairs",
            },
            name=f"verify_{benchmark}",
            namespace=name,
        ),
    ]


def _decide(chosen: Experiments, name: str, variant: Variant) -> list[Node]:
    parent, settings = f"{variant.without_overlap_from}.manifest", f"params:{name}.overlap"
    source = chosen.source_of(name)
    names = (
        {"names": f"{source}.landmark_names"}
        if "landmark_names" in chosen.sources[source].record.tables
        else {}
    )
    found = {f"{b}.pairs": f"{name}.{b}.overlap_pairs" for b in variant.against}
    compared = {f"{b}.compared": f"{name}.{b}.false_verifications" for b in variant.against}
    query_names = {f"{b}.names": f"{b}.query_names" for b in variant.against}
    return [
        node(
            nodes.gather_candidates,
            {
                "parent": parent,
                "lists": f"{name}.landmark_lists",
                "settings": settings,
                **names,
                **found,
                **compared,
                **query_names,
            },
            f"{name}.overlap_candidates",
            name="gather_candidates",
            namespace=name,
        ),
        node(
            nodes.decider(name, variant.against),
            {
                "candidates": f"{name}.overlap_candidates",
                "verdicts": f"{name}.verdicts",
                "lists": f"{name}.landmark_lists",
                "parent": parent,
                "settings": settings,
                **found,
            },
            {
                "decisions": f"{name}.overlap_decisions",
                "summary": f"{name}.overlap_summary",
                "manifest": f"{name}.manifest",
            },
            name="decide",
            namespace=name,
        ),
    ]


def _show(chosen: Experiments, name: str, variant: Variant) -> Node:
    found = {
        f"{b}.{what}": f"{name}.{b}.{what}"
        for b in variant.against
        for what in ("overlap_pairs", "overlap_evidence", "different_evidence", "false_verifications")
    }
    queries = {f"{b}.{what}": f"{b}.{what}" for b in variant.against for what in ("query_images", "raw")}
    return node(
        nodes.sheet_drawer(name),
        {
            "candidates": f"{name}.overlap_candidates",
            "parent": f"{variant.without_overlap_from}.manifest",
            "geometry": "params:geometry",
            "settings": "params:review",
            "wanted": "params:false_verifications",
            **{f"train.{raw}": raw for raw in chosen.raw_of(name)},
            **found,
            **queries,
        },
        f"{name}.review_sheet",
        name="draw_review_sheet",
        namespace=name,
    )
