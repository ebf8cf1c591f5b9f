"""One ranking per variant, ablation and benchmark; what ablations have in common is run once."""

from kedro.pipeline import Node, Pipeline, node

from landmark_retrieval import experiments
from landmark_retrieval.experiments import Experiments
from landmark_retrieval.pipelines.reranking import nodes
from landmark_retrieval.reranking.diffusion.offline_diffusion import OfflineDiffusionStep
from landmark_retrieval.reranking.inputs import NEEDS
from landmark_retrieval.reranking.shared_prefixes import Segment
from landmark_retrieval.reranking.step import needs_of


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
                *(_rerank(chosen, variant, name, benchmark) for name in chosen.segments),
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
    segment = chosen.segments[name]
    own = chosen.own_steps(segment)
    named = name in chosen.ablations
    return node(
        nodes.reranker(own.start, own.stop, chosen.benchmarks[benchmark].family.depth),
        _inputs(chosen, variant, benchmark, segment),
        f"{variant}.{name}.{benchmark}.ranking",
        name=f"rerank_{benchmark}" if named else f"rerank_{benchmark}_{name}",
        namespace=f"{variant}.{name}" if named else variant,
    )


def _inputs(chosen: Experiments, variant: str, benchmark: str, segment: Segment) -> dict[str, str]:
    """Datasets that the steps of a segment read, by argument of the node."""
    base = f"{variant}.{benchmark}"
    steps = chosen.chain(segment.ablation)[segment.start : segment.stop]
    inputs = {
        "queries": f"{base}.query_embeddings",
        "index": f"{base}.index_embeddings",
        "ablation": f"params:experiments.ablations.{segment.ablation}",
    }
    solvers = (chosen.solved_for(step) for step in steps if isinstance(step, OfflineDiffusionStep))
    names = {"model": variant, "voters": variant, "benchmark": benchmark, "solver": next(solvers, "")}
    for need in needs_of(steps):
        inputs |= {name: dataset.format(**names) for name, dataset in NEEDS[need].datasets.items()}
    if segment.after is not None:
        inputs["previous"] = f"{variant}.{segment.after}.{benchmark}.ranking"
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
