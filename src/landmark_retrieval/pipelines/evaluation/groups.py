"""Groups of queries: what systems have met of each query, and figures by it."""

from collections.abc import Iterable

from kedro.pipeline import Node, node

from landmark_retrieval.experiments import Experiments
from landmark_retrieval.experiments.models import System
from landmark_retrieval.pipelines.evaluation import group_nodes


def compared_groups(chosen: Experiments, benchmark: str) -> dict[str, str]:
    """The input with the figures of the groups of a benchmark, if there are any."""
    has_any = any(_relatives(chosen, system, benchmark) for system in chosen.systems.values())
    return {"groups": f"{benchmark}.query_groups"} if has_any else {}


def compare_groups(
    chosen: Experiments, benchmark: str, judge: dict[str, str], runs: dict[str, str]
) -> list[Node]:
    """Copies of the queries of a benchmark, their relatives for each system, and figures by groups.

    Args:
        chosen: the experiments.
        benchmark: its name.
        judge: inputs that say by whose ground truth it is judged.
        runs: per-query tables by `<system>.<ablation>`.
    """
    relatives = {s.name: _relatives(chosen, s, benchmark) for s in chosen.systems.values()}
    relatives = {name: inputs for name, inputs in relatives.items() if inputs}
    if not relatives:
        return []
    source = chosen.benchmarks[benchmark].source
    truth = {
        "truth": f"{source}.{chosen.judge(benchmark).family.truth}",
        "source": f"params:experiments.sources.{source}",
    }
    related = [
        node(
            group_nodes.relater(_counted(chosen, chosen.systems[name], benchmark)),
            {**truth, **inputs},
            f"{name}.{benchmark}.query_relatives",
            name=f"relate_{benchmark}_queries",
            namespace=name,
        )
        for name, inputs in relatives.items()
    ]
    compared = node(
        group_nodes.group_comparer(tuple(chosen.systems.values())),
        {
            **judge,
            "baseline": "params:experiments.baseline",
            "settings": "params:intervals",
            "grouping": "params:query_groups",
            **{f"{run}.per_query": name for run, name in runs.items()},
            **{f"{name}.relatives": f"{name}.{benchmark}.query_relatives" for name in relatives},
        },
        f"{benchmark}.query_groups",
        name=f"compare_{benchmark}_groups",
    )
    wants_copies = any("copies" in inputs for inputs in relatives.values())
    return [*([_find_copies(chosen, benchmark)] if wants_copies else []), *related, compared]


def _relatives(chosen: Experiments, system: System, benchmark: str) -> dict[str, str]:
    """What says how a system has met the queries of a benchmark; nothing where nothing is known."""
    seen, entry = _seen(chosen, system), chosen.benchmarks[benchmark]
    sources = (entry.source, *entry.distractors, *_sources(chosen, seen))
    known = {}
    if all(chosen.sources[source].record.has_pictures for source in sources):
        known["copies"] = f"{benchmark}.query_copies"
    if _counted(chosen, system, benchmark) is not None:
        known["solution"] = f"{entry.source}.recognition_solution"
    return {**known, **{f"{variant}.manifest": f"{variant}.manifest" for variant in seen}} if known else {}


def _seen(chosen: Experiments, system: System) -> tuple[str, ...]:
    """Variants that a system's model, or one it starts from, was trained on, and the one that votes."""
    voters = () if system.voters is None else (system.voters,)
    return tuple(dict.fromkeys([*voters, *chosen.trained_on(system.model)]))


def _counted(chosen: Experiments, system: System, benchmark: str) -> str | None:
    """The variant whose images of a query's landmark are counted, where both have the same numbering."""
    entry = chosen.models[system.model]
    variant, source = system.voters or entry.trained_on, chosen.benchmarks[benchmark].source
    named = chosen.sources[source].record.names_query_landmarks
    return variant if named and variant is not None and chosen.source_of(variant) == source else None


def _sources(chosen: Experiments, variants: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(s for variant in variants for s in chosen.sources_of(variant)))


def _find_copies(chosen: Experiments, benchmark: str) -> Node:
    entry = chosen.benchmarks[benchmark]
    searched = (entry.source, *entry.distractors)
    seen = [variant for system in chosen.systems.values() for variant in _seen(chosen, system)]
    pictured = [
        source
        for source in dict.fromkeys([*searched, *_sources(chosen, seen)])
        if chosen.sources[source].record.has_pictures
    ]
    return node(
        group_nodes.copy_finder(entry.source, searched),
        {
            "settings": "params:near_duplicates",
            **{f"{source}.image_hashes": f"{source}.image_hashes" for source in pictured},
        },
        f"{benchmark}.query_copies",
        name=f"find_copies_of_{benchmark}_queries",
    )
