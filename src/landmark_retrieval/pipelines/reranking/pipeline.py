"""One ranking per system, ablation and benchmark; what ablations have in common is run once."""

from kedro.pipeline import Node, Pipeline, node

from landmark_retrieval import experiments
from landmark_retrieval.experiments import Experiments
from landmark_retrieval.experiments.models import System
from landmark_retrieval.pipelines.reranking import nodes
from landmark_retrieval.reranking.diffusion.offline_diffusion import OfflineDiffusionStep
from landmark_retrieval.reranking.inputs import NEEDS
from landmark_retrieval.reranking.shared_prefixes import Segment
from landmark_retrieval.reranking.step import needs_of


def create_pipeline() -> Pipeline:
    """Every ablation of every system on every benchmark; rankings without labels once for each model."""
    chosen = experiments.chosen()
    prepared = [n for m in chosen.models for b in chosen.benchmarks for n in _prepare(chosen, m, b)]
    ranked = [
        n
        for system in chosen.systems.values()
        for benchmark in chosen.benchmarks
        for name in chosen.segments_of(system)
        for n in (_rerank(chosen, system, name, benchmark), *_submit(chosen, system, name, benchmark))
    ]
    return Pipeline([*prepared, *ranked])


def _prepare(chosen: Experiments, model: str, benchmark: str) -> list[Node]:
    """What needs no query, for the steps that look at it."""
    base = f"{model}.{benchmark}"
    found = node(
        nodes.neighbour_finder(chosen.neighbours_needed),
        f"{base}.index_embeddings",
        f"{base}.index_neighbours",
        name=f"find_{benchmark}_neighbours",
        namespace=model,
    )
    solved = [
        node(
            nodes.solve_offline_diffusion,
            [
                f"{base}.index_embeddings",
                f"params:experiments.ablations.{ablation}",
                f"{model}.{ablation}.{benchmark}.offline_shards",
            ],
            f"{model}.{ablation}.{benchmark}.offline_diffusion",
            name=f"solve_{benchmark}",
            namespace=f"{model}.{ablation}",
        )
        for ablation in chosen.offline_diffusions
    ]
    return [*([found] if chosen.neighbours_needed else []), *solved]


def _rerank(chosen: Experiments, system: System, name: str, benchmark: str) -> Node:
    segment = chosen.segments[name]
    own = chosen.own_steps(segment)
    named = name in chosen.ablations
    return node(
        nodes.reranker(own.start, own.stop, chosen.judge(benchmark).family.depth),
        _inputs(chosen, system, benchmark, segment),
        f"{system.name}.{name}.{benchmark}.ranking",
        name=f"rerank_{benchmark}" if named else f"rerank_{benchmark}_{name}",
        namespace=f"{system.name}.{name}" if named else system.name,
    )


def _inputs(chosen: Experiments, system: System, benchmark: str, segment: Segment) -> dict[str, str]:
    """Datasets that the steps of a segment read, by argument of the node."""
    steps = chosen.chain(segment.ablation)[segment.start : segment.stop]
    inputs = {
        "queries": chosen.queries_of(system.model, benchmark),
        "index": f"{system.model}.{benchmark}.index_embeddings",
        "ablation": f"params:experiments.ablations.{segment.ablation}",
    }
    solvers = (chosen.solved_for(step) for step in steps if isinstance(step, OfflineDiffusionStep))
    names = {
        "system": system.name,
        "model": system.model,
        "voters": system.voters,
        "benchmark": benchmark,
        "solver": next(solvers, ""),
    }
    for need in needs_of(steps):
        inputs |= {name: dataset.format(**names) for name, dataset in NEEDS[need].datasets.items()}
    if segment.after is not None:
        inputs["previous"] = f"{chosen.owner(system, segment.after)}.{segment.after}.{benchmark}.ranking"
    return inputs


def _submit(chosen: Experiments, system: System, name: str, benchmark: str) -> list[Node]:
    if name not in chosen.ablations or not chosen.judge(benchmark).family.has_submission:
        return []
    namespace = f"{system.name}.{name}"
    queries, index = (
        chosen.queries_of(system.model, benchmark),
        f"{system.model}.{benchmark}.index_embeddings",
    )
    return [
        node(
            nodes.submit_retrieval,
            [f"{namespace}.{benchmark}.ranking", queries, index],
            f"{namespace}.{benchmark}.submission",
            name=f"submit_{benchmark}",
            namespace=namespace,
        )
    ]
