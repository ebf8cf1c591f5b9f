"""Cleaning of a variant: neighbours, local features, verification, decision."""

from kedro.pipeline import Node, node

from landmark_retrieval.experiments.experiments import Experiments
from landmark_retrieval.experiments.variants import Variant
from landmark_retrieval.pipelines.data_cleaning import chance_nodes, nodes


def clean(chosen: Experiments, name: str, variant: Variant) -> list[Node]:
    """The nodes that make a cleaned variant's manifest, and what else its evidence tells."""
    return [*_verify(chosen, name, variant), *_compare(name, variant), *_decide(name, variant)]


def _verify(chosen: Experiments, name: str, variant: Variant) -> list[Node]:
    parent, settings = f"{variant.cleaned_from}.manifest", f"params:{name}.cleaning"
    return [
        node(
            nodes.find_neighbours,
            [f"{variant.embedded_by}.{variant.cleaned_from}.train_embeddings", settings, "params:search"],
            f"{name}.neighbours",
            name="find_neighbours",
            namespace=name,
        ),
        node(
            nodes.extract_candidates,
            {
                "parent": parent,
                "work": f"{name}.feature_shards",
                "geometry": "params:geometry",
                "device": "params:device",
                **chosen.delf_input,
                **chosen.raw_of(name),
            },
            f"{name}.candidate_features",
            name="extract_candidates",
            namespace=name,
        ),
        node(
            chance_nodes.find_copies,
            {
                "parent": parent,
                "settings": "params:near_duplicates",
                **{f"{s}.image_hashes": f"{s}.image_hashes" for s in chosen.sources_of(name)},
            },
            f"{name}.copies",
            name="find_copies",
            namespace=name,
        ),
        node(
            nodes.verify_neighbours,
            {
                "neighbours": f"{name}.neighbours",
                "parent": parent,
                "copies": f"{name}.copies",
                "features": f"{name}.candidate_features",
                "work": f"{name}.evidence_shards",
                "settings": settings,
                "geometry": "params:geometry",
            },
            f"{name}.evidence",
            name="verify_neighbours",
            namespace=name,
        ),
    ]


def _compare(name: str, variant: Variant) -> list[Node]:
    """Pairs of different landmarks, to compare the evidence with."""
    return [
        node(
            chance_nodes.verify_different_landmarks,
            {
                "neighbours": f"{name}.neighbours",
                "parent": f"{variant.cleaned_from}.manifest",
                "copies": f"{name}.copies",
                "features": f"{name}.candidate_features",
                "work": f"{name}.different_shards",
                "settings": "params:false_verifications",
                "geometry": "params:geometry",
            },
            f"{name}.different_evidence",
            name="verify_different_landmarks",
            namespace=name,
        ),
    ]


def _decide(name: str, variant: Variant) -> list[Node]:
    parent, evidence, settings = (
        f"{variant.cleaned_from}.manifest",
        f"{name}.evidence",
        f"params:{name}.cleaning",
    )
    compared, wanted = f"{name}.false_verifications", "params:false_verifications"
    return [
        node(
            nodes.cleaner(evidence),
            [evidence, f"{name}.different_evidence", parent, settings, wanted],
            {"compared": compared, "manifest": f"{name}.manifest"},
            name="clean",
            namespace=name,
        ),
        node(
            nodes.survey_thresholds,
            [evidence, parent, compared, settings, "params:threshold_sweep", wanted],
            {"table": f"{name}.threshold_sweep", "figure": f"{name}.threshold_figure"},
            name="survey_thresholds",
            namespace=name,
        ),
        node(
            nodes.estimate_boxes,
            [evidence, f"{name}.manifest", compared, "params:geometry", "params:boxes", wanted],
            f"{name}.boxes",
            name="estimate_boxes",
            namespace=name,
        ),
    ]
