"""What is run: sources of photographs, variants of the training set, benchmarks and re-ranking ablations.

The `experiments` parameters decide the shape of the pipelines, so they are read before any pipeline is built.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from contextvars import ContextVar
from functools import cached_property
from typing import Any

from pydantic import Field, model_validator

from landmark_retrieval.configuration import Settings
from landmark_retrieval.errors import DataError
from landmark_retrieval.experiments.audits import Audit
from landmark_retrieval.experiments.variants import PRETRAINED, Source, Variant
from landmark_retrieval.reranking.ablation import Ablation
from landmark_retrieval.reranking.diffusion.offline_diffusion import OfflineDiffusionStep
from landmark_retrieval.reranking.inputs import NeedName
from landmark_retrieval.reranking.shared_prefixes import Chain, Segment, share_prefixes


class Experiments(Settings):
    """Every choice that shapes the pipelines.

    Raises:
        ValueError: a name refers to nothing, or variants or ablations refer to each other in a circle.
    """

    sources: dict[str, Source]
    variants: dict[str, Variant]
    ablations: dict[str, Ablation]
    baseline: str = Field(description="ablation that the others are compared with")
    train_index: bool = Field(False, description="vote by an approximate index of the training images")
    delf: str | None = Field(None, description="variant whose model and images DELF is trained on")
    audits: dict[str, Audit] = Field({}, description="pairs of manifests to be compared")

    @model_validator(mode="after")
    def _names_are_words(self) -> Experiments:
        """Names become parts of dataset names, where a dot has a meaning."""
        for name in (*self.sources, *self.variants, *self.ablations, *self.audits):
            if re.fullmatch(r"[A-Za-z0-9_-]+", name) is None:
                raise ValueError(f"{name!r} is no name: expected letters, digits, '_' and '-'")
        return self

    @model_validator(mode="after")
    def _names_exist(self) -> Experiments:
        for name, variant in self.variants.items():
            self._check_variant(name, variant)
        for name, ablation in self.ablations.items():
            if ablation.after is not None and ablation.after not in self.ablations:
                raise ValueError(f"ablation {name!r} comes after an unknown ablation {ablation.after!r}")
        if self.ablations and self.baseline not in self.ablations:
            raise ValueError(
                f"the baseline {self.baseline!r} is not among the ablations {sorted(self.ablations)}"
            )
        self._no_circles()
        for name in self.variants:
            self._check_published(name)
        if self.delf is not None and self.delf not in self.variants:
            raise ValueError(f"delf is trained on an unknown variant {self.delf!r}")
        for name, audit in self.audits.items():
            self._check_audit(name, audit)
        for name, ablation in self.ablations.items():
            self._check_continues(name, ablation)
        return self

    def _check_continues(self, name: str, ablation: Ablation) -> None:
        """Only the ranking of an ablation is kept, so nothing goes on from changed inputs."""
        changing = [s.method for s in self.chain(name)[: -len(ablation.steps)] if s.changes_inputs]
        if changing:
            raise ValueError(
                f"ablation {name!r} comes after {ablation.after!r}, whose {changing[0]!r} changes what later "
                "steps see: expected all steps in one list"
            )

    def _check_variant(self, name: str, variant: Variant) -> None:
        if name == PRETRAINED:
            raise ValueError(f"{PRETRAINED!r} names the start model: expected another name of a variant")
        if variant.parent == PRETRAINED:
            raise ValueError(f"variant {name!r} is made from {PRETRAINED!r}, which is a model and no variant")
        for other in (variant.parent, variant.embedded_by, variant.start):
            if other is not None and other != PRETRAINED and other not in self.variants:
                raise ValueError(f"variant {name!r} refers to an unknown variant {other!r}")
        if variant.source is not None and not self._source(variant.source, name).record.has_train:
            raise ValueError(f"source {variant.source!r} of variant {name!r} holds no training images")
        for benchmark in variant.against:
            if not self._source(benchmark, name).record.is_benchmark:
                raise ValueError(f"variant {name!r} is against {benchmark!r}, which holds no queries")
            record = self._source(benchmark, name).record
            if variant.withheld_from is not None and not record.names_query_landmarks:
                raise ValueError(f"variant {name!r}: the queries of {benchmark!r} have no known landmark")

    def _check_published(self, name: str) -> None:
        source = self.source_of(name)
        if self.variants[name].published_from and not self.sources[source].record.has_clean_list:
            raise ValueError(f"variant {name!r}: its source {source!r} publishes no clean list")

    def _check_audit(self, name: str, audit: Audit) -> None:
        for side in audit.sides:
            if side.variant not in self.variants:
                raise ValueError(f"audit {name!r} refers to an unknown variant {side.variant!r}")

    def _source(self, name: str, variant: str) -> Source:
        if name not in self.sources:
            raise ValueError(f"variant {variant!r} refers to an unknown source {name!r}")
        return self.sources[name]

    def _no_circles(self) -> None:
        edges = {name: [ablation.after] for name, ablation in self.ablations.items()}
        _refuse_circle("ablations", edges)
        _refuse_circle("variants", {n: [v.parent, v.embedded_by, v.start] for n, v in self.variants.items()})

    @property
    def benchmarks(self) -> dict[str, Source]:
        """Sources that can be evaluated on."""
        return {name: source for name, source in self.sources.items() if source.record.is_benchmark}

    @cached_property
    def segments(self) -> dict[str, Segment]:
        """The chains of all ablations, cut so that what they share is run once."""
        return share_prefixes({name: self.chain(name) for name in self.ablations})

    @property
    def delf_input(self) -> dict[str, str]:
        """The input of a node that extracts local features by our own DELF, if there is one."""
        return {} if self.delf is None else {"delf": "delf.model"}

    def chain(self, ablation: str) -> Chain:
        """All steps of an ablation, from the first search on."""
        entry = self.ablations[ablation]
        return (() if entry.after is None else self.chain(entry.after)) + entry.steps

    def needed(self, what: NeedName) -> bool:
        """Whether any step reads that."""
        return any(what in step.needs for entry in self.ablations.values() for step in entry.steps)

    @property
    def neighbours_needed(self) -> int:
        """Neighbours of each index image that the most demanding step looks at.

        Offline diffusion, which needs by far the most, searches for them itself, a shard at a time.
        """
        steps = (step for entry in self.ablations.values() for step in entry.steps)
        return max((s.neighbours_needed for s in steps if "offline_diffusion" not in s.needs), default=0)

    @cached_property
    def offline_diffusions(self) -> dict[str, OfflineDiffusionStep]:
        """What is to be solved before any query comes, by the first ablation that reads it."""
        first: dict[str, tuple[str, OfflineDiffusionStep]] = {}
        for name, entry in self.ablations.items():
            for step in entry.steps:
                if isinstance(step, OfflineDiffusionStep):
                    first.setdefault(step.of_rows, (name, step))
        owners = [name for name, _ in first.values()]
        if len(set(owners)) < len(owners):
            raise ValueError("an ablation holds two steps offline_diffusion of different settings")
        return dict(first.values())

    def solved_for(self, step: OfflineDiffusionStep) -> str:
        """The ablation whose rows a step reads."""
        return next(n for n, other in self.offline_diffusions.items() if other.of_rows == step.of_rows)

    def own_steps(self, segment: Segment) -> slice:
        """Which of the steps that its ablation adds a segment runs."""
        shared = len(self.chain(segment.ablation)) - len(self.ablations[segment.ablation].steps)
        return slice(segment.start - shared, segment.stop - shared)

    def source_of(self, variant: str) -> str:
        """Name of the source whose photographs a variant consists of."""
        entry = self.variants[variant]
        return entry.source or self.source_of(entry.parent or "")


def _refuse_circle(what: str, edges: dict[str, list[str | None]]) -> None:
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


def refuse_unknown(parameters: dict[str, Any], chosen: Experiments, defaults: Collection[str]) -> None:
    """Refuse parameters that no pipeline reads; those below a typed one are checked with it.

    Args:
        parameters: of a run, environment and command line included.
        chosen: its experiments; a variant has its own settings, a source may take its folder from the
            command line.
        defaults: names of the parameters in `conf/base`.

    Raises:
        DataError: a mistyped name.
    """
    known = {*defaults, *chosen.variants, *chosen.sources}
    unknown = [name for name in parameters if name not in known]
    for variant in chosen.variants:
        own = parameters.get(variant) or {}
        unknown += [f"{variant}.{name}" for name in own if name not in _OF_A_VARIANT]
    if unknown:
        raise DataError(
            f"parameter {unknown[0]!r} is read by nothing: expected one of {', '.join(sorted(known))}, "
            f"or {' or '.join(_OF_A_VARIANT)} below a variant"
        )


_OF_A_VARIANT = ("cleaning", "overlap", "withholding")

_chosen: ContextVar[Experiments] = ContextVar("experiments")


def choose(parameters: dict[str, Any]) -> None:
    """Take the experiments of a run's parameters, environment and command line included."""
    _chosen.set(Experiments.model_validate(parameters["experiments"]))


def are_chosen() -> bool:
    """Whether the experiments of this run are known."""
    return _chosen.get(None) is not None


def chosen() -> Experiments:
    """The experiments of this run."""
    return _chosen.get()
