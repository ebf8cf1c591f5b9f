"""One ranking per variant, ablation and benchmark; what ablations have in common is run once."""

from kedro.pipeline import Node, Pipeline, node

from landmark_retrieval import experiments
from landmark_retrieval.experiments import Experiments
from landmark_retrieval.pipelines.reranking import nodes
from landmark_retrieval.reranking.diffusion.offline_diffusion import OfflineDiffusionStep
from landmark_retrieval.reranking.shared_prefixes import Link


def create_pipeline() -> Pipeline:
    """Every ablation of every variant on every benchmark."""
    chosen = experiments.chosen()
    return Pipeline(
        [
            n
            for variant in chosen.variants
            for benchmark, source in chosen.benchmarks.items()
            for n in (
                *_prepare(chosen, variant, benchmark),
                *(_rerank(chosen, variant, name, benchmark) for name in chosen.links),
                *(
                    _submit(variant, name, benchmark)
                    for name in chosen.ablations
                    if source.family.has_submission
                ),
            )
        ]
    )


def _prepare(chosen: Experiments, variant: str, benchmark: str) -> list[Node]:
    """What needs no query, for the steps that look at it."""
    base = f"{variant}.{benchmark}"
    found = node(
        nodes.neighbour_finder(chosen.neighbours_needed),
        f"{base}.index_embeddings",
        f"{base}.index_neighbours",
        name=f"find_{benchmark}_neighbours",
        namespace=variant,
    )
    solved = [
        node(
            nodes.solve_offline_diffusion,
            [
                f"{base}.index_embeddings",
                f"params:experiments.ablations.{ablation}",
                f"{variant}.{ablation}.{benchmark}.offline_shards",
            ],
            f"{variant}.{ablation}.{benchmark}.offline_diffusion",
            name=f"solve_{benchmark}",
            namespace=f"{variant}.{ablation}",
        )
        for ablation in chosen.offline_diffusions
    ]
    return [*([found] if chosen.neighbours_needed else []), *solved]


def _rerank(chosen: Experiments, variant: str, name: str, benchmark: str) -> Node:
    link = chosen.links[name]
    steps = chosen.own_steps(link)
    named = name in chosen.ablations
    return node(
        nodes.rerank_part(steps.start, steps.stop),
        _inputs(chosen, variant, benchmark, link),
        f"{variant}.{name}.{benchmark}.ranking",
        name=f"rerank_{benchmark}" if named else f"rerank_{benchmark}_{name}",
        namespace=f"{variant}.{name}" if named else variant,
    )


def _inputs(chosen: Experiments, variant: str, benchmark: str, link: Link) -> dict[str, str]:
    """What the steps of a link look at, by argument of the node."""
    base = f"{variant}.{benchmark}"
    steps = chosen.chain(link.chain)[link.first : link.last]
    optional = {
        "votes": {s: f"{base}.{s}" for s in ("query_votes", "index_votes")},
        "calibration": {"calibration": f"{variant}.calibration"},
        "train": {"train": f"{variant}.train_embeddings", "manifest": f"{variant}.manifest"},
        "geometry": {
            **{s: f"{benchmark}.{s}" for s in ("query_features", "index_features")},
            "geometry": "params:geometry",
        },
        "regions": {s: f"{base}.{s}" for s in ("query_regions", "index_regions")},
    }
    inputs = {
        "queries": f"{base}.query_embeddings",
        "index": f"{base}.index_embeddings",
        "query_predictions": f"{base}.query_predictions",
        "index_predictions": f"{base}.index_predictions",
        "ablation": f"params:experiments.ablations.{link.chain}",
        "source": f"params:experiments.sources.{benchmark}",
    }
    for what in sorted({need for step in steps for need in step.needs} & optional.keys()):
        inputs |= optional[what]
    for step in steps:
        if isinstance(step, OfflineDiffusionStep):
            solved = f"{variant}.{chosen.solved_for(step)}.{benchmark}.offline_diffusion"
            inputs["offline_diffusion"] = solved
        elif step.neighbours_needed:
            inputs["index_neighbours"] = f"{base}.index_neighbours"
    if link.after is not None:
        inputs["previous"] = f"{variant}.{link.after}.{benchmark}.ranking"
    return inputs


def _submit(variant: str, ablation: str, benchmark: str) -> Node:
    namespace, base = f"{variant}.{ablation}", f"{variant}.{benchmark}"
    return node(
        nodes.submit_retrieval,
        [f"{namespace}.{benchmark}.ranking", f"{base}.query_embeddings", f"{base}.index_embeddings"],
        f"{namespace}.{benchmark}.submission",
        name=f"submit_{benchmark}",
        namespace=namespace,
    )
