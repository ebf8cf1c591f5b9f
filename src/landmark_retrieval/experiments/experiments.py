"""Consistency of experiments: every name refers to something of the right kind, and nothing in a circle."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import model_validator

from landmark_retrieval.experiments.declared import Declared
from landmark_retrieval.experiments.models import PRETRAINED, Model, systems_of
from landmark_retrieval.reranking.step import depends_on_labels

if TYPE_CHECKING:
    from landmark_retrieval.experiments.benchmarks import Benchmark
    from landmark_retrieval.experiments.sources import Source
    from landmark_retrieval.experiments.variants import Variant


class Experiments(Declared):
    """Experiments that can be run.

    Raises:
        ValueError: a name refers to nothing or to something of the wrong kind, or entries refer to each other
            in a circle.
    """

    @model_validator(mode="after")
    def _is_consistent(self) -> Experiments:
        _check(self)
        return self


def _check(chosen: Declared) -> None:
    _check_names(chosen)
    for name, variant in chosen.variants.items():
        _check_variant(chosen, f"variant {name!r}", variant)
    for name, model in chosen.models.items():
        _check_references(chosen, f"model {name!r}", model)
    for name, benchmark in chosen.further_benchmarks.items():
        _check_benchmark(chosen, f"benchmark {name!r}", name, benchmark)
    for name, audit in chosen.audits.items():
        _refuse_unknown(f"audit {name!r}", "variant", [s.variant for s in audit.sides], chosen.variants)
        _refuse_unknown(f"audit {name!r}", "system", audit.systems, chosen.systems)
    if chosen.delf is not None and _model(chosen, chosen.delf, "delf").trained_on is None:
        raise ValueError(f"delf: model {chosen.delf!r} is trained on nothing")
    _refuse_circles(chosen)
    _check_ablations(chosen)
    for name, model in chosen.models.items():
        _check_network(chosen, f"model {name!r}", name, model)
    _check_needs(chosen)
    for name, variant in chosen.variants.items():
        _check_pictures(chosen, name, variant)


def _check_names(chosen: Declared) -> None:
    """Names become parts of dataset names, where a dot has a meaning."""
    kinds = chosen.sources, chosen.variants, chosen.models, chosen.further_benchmarks, chosen.recipes
    for name in (name for names in (*kinds, chosen.ablations, chosen.audits) for name in names):
        if re.fullmatch(r"[A-Za-z0-9_-]+", name) is None:
            raise ValueError(f"{name!r} is no name: expected letters, digits, '_' and '-'")
    if PRETRAINED in {*chosen.models, *chosen.variants}:
        raise ValueError(f"{PRETRAINED!r} names the start model: expected another name")
    if both := chosen.variants.keys() & chosen.sources.keys():
        raise ValueError(f"{min(both)!r} names a source and a variant: expected two names")
    for name in chosen.models.keys() & chosen.variants.keys():
        if chosen.models[name].trained_on != name:
            raise ValueError(f"model {name!r} is named like a variant: expected trained_on: {name}")
    systems = [s.name for name, model in chosen.models.items() for s in systems_of(name, model)]
    if twice := {name for name in systems if systems.count(name) > 1}:
        raise ValueError(f"two models together with their voters are called {min(twice)!r}")


def _check_variant(chosen: Declared, what: str, variant: Variant) -> None:
    _refuse_unknown(what, "variant", variant.parents, chosen.variants)
    if variant.embedded_by is not None:
        _model(chosen, variant.embedded_by, what)
    if variant.source is not None and not _source(chosen, variant.source, what).record.has_train:
        raise ValueError(f"source {variant.source!r} of {what} holds no training images")
    for benchmark in variant.against:
        record = _source(chosen, benchmark, what).record
        if not record.is_benchmark:
            raise ValueError(f"{what} is against {benchmark!r}, which holds no queries")
        if variant.withheld_from is not None and not record.names_query_landmarks:
            raise ValueError(f"{what}: the queries of {benchmark!r} have no known landmark")
        if variant.without_overlap_from is not None and not record.has_pictures:
            raise ValueError(f"{what} is against {benchmark!r}, which has no pictures to verify")


def _check_references(chosen: Declared, what: str, model: Model) -> None:
    trained_on = [] if model.trained_on is None else [model.trained_on]
    _refuse_unknown(what, "variant", [*trained_on, *model.voting], chosen.variants)
    _refuse_unknown(what, "recipe", [] if model.recipe is None else [model.recipe], chosen.recipes)
    if model.vectors is not None:
        _source(chosen, model.vectors, what)
    elif _model(chosen, model.start, what).vectors is not None:
        raise ValueError(f"{what} starts from {model.start!r}, which is no network")


def _check_network(chosen: Declared, what: str, name: str, model: Model) -> None:
    if model.vectors is not None:
        return
    if chosen.recipe_changes(name, "model") and model.start != PRETRAINED:
        raise ValueError(f"{what}: its recipe changes the network, but it starts from {model.start!r}")
    for benchmark, entry in chosen.benchmarks.items():
        for source in (entry.source, *entry.distractors):
            if not chosen.sources[source].record.has_pictures:
                raise ValueError(f"{what} is a network, but {source!r} of {benchmark!r} has no pictures")


def _check_benchmark(chosen: Declared, what: str, name: str, benchmark: Benchmark) -> None:
    if name in chosen.sources:
        raise ValueError(f"{what} has the name of a source: expected another name")
    if not _source(chosen, benchmark.source, what).record.is_benchmark:
        raise ValueError(f"source {benchmark.source!r} of {what} holds no queries")
    if len({benchmark.source, *benchmark.distractors}) <= len(benchmark.distractors):
        raise ValueError(f"{what}: expected its source and each of its distractors once")
    for source in benchmark.distractors:
        if "index" not in _source(chosen, source, what).record.splits:
            raise ValueError(f"{what}: distractors {source!r} hold no index images")


def _check_needs(chosen: Declared) -> None:
    """Regional descriptors come from a network, local features from pictures; neither is joined."""
    for name, ablation in chosen.ablations.items():
        needs = {need for step in ablation.steps for need in step.needs}
        for model, entry in chosen.models.items():
            if "regions" in needs and entry.vectors is not None:
                raise ValueError(f"ablation {name!r} needs regions, but model {model!r} is no network")
        for benchmark, parts in chosen.benchmarks.items():
            if "geometry" in needs and not chosen.sources[parts.source].record.has_pictures:
                raise ValueError(f"ablation {name!r} needs pictures, but benchmark {benchmark!r} has none")
            if needs & {"geometry", "regions"} and parts.distractors:
                raise ValueError(f"ablation {name!r} is not possible with the distractors of {benchmark!r}")


def _check_pictures(chosen: Declared, name: str, variant: Variant) -> None:
    """What a variant demands of the sources of its images."""
    source = chosen.source_of(name)
    if nested := [part for part in variant.union_of if chosen.variants[part].union_of]:
        raise ValueError(f"variant {name!r} is a union of the union {nested[0]!r}: expected the parts of it")
    if variant.withheld_from is not None and variant.against != (source,):
        others = ", ".join(variant.against)
        raise ValueError(f"variant {name!r} has landmark ids of {source!r}, its benchmarks those of {others}")
    records = [chosen.sources[source].record for source in chosen.sources_of(name)]
    if variant.published_from is not None and [r.has_clean_list for r in records] != [True]:
        raise ValueError(f"variant {name!r}: its source {source!r} publishes no clean list")
    if variant.embedded_by is not None and not all(record.has_pictures for record in records):
        raise ValueError(f"variant {name!r} verifies pictures, which its source does not have")


def _check_ablations(chosen: Declared) -> None:
    if chosen.ablations and chosen.baseline not in chosen.ablations:
        known = sorted(chosen.ablations)
        raise ValueError(f"the baseline {chosen.baseline!r} is not among the ablations {known}")
    for name, ablation in chosen.ablations.items():
        if ablation.after is not None and ablation.after not in chosen.ablations:
            raise ValueError(f"ablation {name!r} comes after an unknown ablation {ablation.after!r}")
    _refuse_circle("ablations", {name: [ablation.after] for name, ablation in chosen.ablations.items()})
    for name, ablation in chosen.ablations.items():
        changing = [s.method for s in chosen.chain(name)[: -len(ablation.steps)] if s.changes_inputs]
        if changing:
            raise ValueError(
                f"ablation {name!r} comes after {ablation.after!r}, whose {changing[0]!r} changes what later "
                "steps see: expected all steps in one list"
            )
    silent = [system.name for system in chosen.systems.values() if system.voters is None]
    if silent and chosen.ablations and depends_on_labels(chosen.chain(chosen.baseline)):
        raise ValueError(f"the baseline {chosen.baseline!r} needs voters, but {silent[0]!r} has none")


def _refuse_circles(chosen: Declared) -> None:
    variants = {
        f"variant {name}": [
            *(f"variant {parent}" for parent in variant.parents),
            None if variant.embedded_by is None else f"model {variant.embedded_by}",
        ]
        for name, variant in chosen.variants.items()
    }
    models = {
        f"model {name}": [
            None if model.trained_on is None else f"variant {model.trained_on}",
            f"model {model.start}",
        ]
        for name, model in chosen.models.items()
    }
    _refuse_circle("variants and models", variants | models)


def _source(chosen: Declared, name: str, what: str) -> Source:
    _refuse_unknown(what, "source", [name], chosen.sources)
    return chosen.sources[name]


def _model(chosen: Declared, name: str, what: str) -> Model:
    if name == PRETRAINED:
        return Model()
    _refuse_unknown(what, "model", [name], chosen.models)
    return chosen.models[name]


def _refuse_unknown(what: str, kind: str, names: Iterable[str], known: Mapping[str, Any]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{what} refers to an unknown {kind} {name!r}")


def _refuse_circle(what: str, edges: Mapping[str, list[str | None]]) -> None:
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise ValueError(f"{what} refer to each other in a circle: {' -> '.join((*path, name))}")
        if name not in done:
            for other in edges.get(name, []):
                if other is not None:
                    visit(other, (*path, name))
            done.add(name)

    for start in edges:
        visit(start, ())
