"""What a run consists of: sources, variants of the training set, models, benchmarks, ablations and audits.

The `experiments` parameters decide the shape of the pipelines, so they are read before any pipeline is built.
"""

from __future__ import annotations

from functools import cached_property

from pydantic import Field

from landmark_retrieval.configuration import Settings
from landmark_retrieval.experiments.audits import Audit
from landmark_retrieval.experiments.benchmarks import Benchmark
from landmark_retrieval.experiments.models import PRETRAINED, Model, Recipe, Section, System, systems_of
from landmark_retrieval.experiments.sources import Source
from landmark_retrieval.experiments.variants import Variant
from landmark_retrieval.reranking.ablation import Ablation
from landmark_retrieval.reranking.diffusion.offline_diffusion import OfflineDiffusionStep
from landmark_retrieval.reranking.inputs import NeedName
from landmark_retrieval.reranking.shared_prefixes import Chain, Segment, share_prefixes
from landmark_retrieval.reranking.step import depends_on_labels


class Declared(Settings):
    """Every choice that shapes the pipelines, as declared; `Experiments` checks it."""

    sources: dict[str, Source]
    variants: dict[str, Variant] = Field({}, description="versions of the training set")
    recipes: dict[str, Recipe] = Field({}, description="overlays over settings of models")
    models: dict[str, Model] = Field({}, description="what turns photographs into embeddings")
    further_benchmarks: dict[str, Benchmark] = Field(
        {}, alias="benchmarks", description="beside the sources that hold queries"
    )
    ablations: dict[str, Ablation]
    baseline: str = Field(description="ablation that the others are compared with")
    train_index: bool = Field(False, description="vote by an approximate index of the training images")
    delf: str | None = Field(None, description="model on whose network and training images DELF is trained")
    audits: dict[str, Audit] = Field({}, description="pairs of manifests to be compared")

    # sources

    def sources_of(self, variant: str) -> tuple[str, ...]:
        """Names of the sources whose photographs a variant consists of."""
        entry = self.variants[variant]
        if entry.source is not None:
            return (entry.source,)
        return tuple(dict.fromkeys(s for parent in entry.parents for s in self.sources_of(parent)))

    def source_of(self, variant: str) -> str:
        """Name of the source by whose landmark ids a variant is labelled, the first of a union."""
        return self.sources_of(variant)[0]

    def is_generated(self, variant: str) -> bool:
        """Whether the generated world tells the truth about all images of a variant."""
        sources = self.sources_of(variant)
        return len(sources) == 1 and self.sources[sources[0]].generated

    def noise_of(self, variant: str) -> tuple[str, str] | None:
        """The last variant before label noise and the nearest with it, among those a variant is made from."""
        line = [variant]
        while (parent := self.variants[line[-1]].parent) is not None:
            line.append(parent)
        noisy = [place for place, name in enumerate(line) if self.variants[name].noise_from is not None]
        return (line[noisy[-1] + 1], line[noisy[0]]) if noisy else None

    def raw_of(self, variant: str) -> dict[str, str]:
        """Inputs of a node that reads the pictures of a variant: `<source>.raw` of each of its sources."""
        return {f"{source}.raw": f"{source}.raw" for source in self.sources_of(variant)}

    # models

    @cached_property
    def systems(self) -> dict[str, System]:
        """What is evaluated: every model with each of the variants that vote for it."""
        systems = (s for name, model in self.models.items() for s in systems_of(name, model))
        return {system.name: system for system in systems}

    def system_of(self, variant: str) -> System | None:
        """The system that stands for a variant in audits.

        It is the first whose model was trained on the variant, with the variant's own votes if it has such,
        else the first for which the variant votes.
        """
        trained = [s for s in self.systems.values() if self.models[s.model].trained_on == variant]
        voted = [s for s in self.systems.values() if s.voters == variant]
        return next(iter([*(s for s in trained if s in voted), *trained, *voted]), None)

    def recipe_changes(self, model: str, section: Section) -> bool:
        """Whether a model has settings of its own for a section."""
        recipe = None if model == PRETRAINED else self.models[model].recipe
        return recipe is not None and self.recipes[recipe].changes(section)

    def settings(self, model: str, section: Section) -> str:
        """Name of the parameter with a model's settings for a section."""
        if not self.recipe_changes(model, section):
            return f"params:{section}"
        return f"params:recipes.{self.models[model].recipe}.{section}"

    def start_of(self, model: str) -> str:
        """Name of the network that a model's training starts from, or that it is."""
        return (
            f"{model}.start"
            if self.recipe_changes(model, "model")
            else self.network(self.models[model].start)
        )

    def network(self, model: str) -> str:
        """Name of the network that a model embeds with."""
        is_start = model != PRETRAINED and self.models[model].trained_on is None
        return self.start_of(model) if is_start else f"{model}.model"

    def vectors_of(self, model: str) -> str | None:
        """The source in whose folder the embeddings of a model lie, if it is no network."""
        return None if model == PRETRAINED else self.models[model].vectors

    def trained_on(self, model: str) -> tuple[str, ...]:
        """The variants that a model, and those it starts from, were trained on."""
        found: list[str] = []
        while model != PRETRAINED:
            entry = self.models[model]
            found += [] if entry.trained_on is None else [entry.trained_on]
            model = entry.start
        return tuple(found)

    @property
    def uses_pretrained(self) -> bool:
        """Whether the network of `params:model` is needed."""
        embedding = [v.embedded_by for v in self.variants.values()]
        starting = [self.start_of(name) for name, model in self.models.items() if model.vectors is None]
        return PRETRAINED in embedding or f"{PRETRAINED}.model" in starting

    @cached_property
    def embedded(self) -> dict[str, tuple[str, ...]]:
        """Variants whose images a model embeds: those that vote, are cleaned, or are audited."""
        found: dict[str, list[str]] = {}
        for system in self.systems.values():
            found.setdefault(system.model, []).extend([] if system.voters is None else [system.voters])
        for variant in self.variants.values():
            if variant.embedded_by is not None:
                found.setdefault(variant.embedded_by, []).extend(variant.parents)
        for side in (side for audit in self.audits.values() for side in audit.sides if side.build is None):
            if (audited := self.system_of(side.variant)) is not None:
                found[audited.model].append(side.variant)
        return {model: tuple(dict.fromkeys(variants)) for model, variants in found.items()}

    @cached_property
    def queried(self) -> dict[str, tuple[str, ...]]:
        """Sources whose queries a model embeds only to find overlapping landmarks."""
        found: dict[str, list[str]] = {}
        for variant in self.variants.values():
            if variant.without_overlap_from is not None and variant.embedded_by not in self.models:
                found.setdefault(variant.embedded_by or "", []).extend(variant.against)
        return {model: tuple(dict.fromkeys(sources)) for model, sources in found.items()}

    # benchmarks

    @cached_property
    def benchmarks(self) -> dict[str, Benchmark]:
        """What can be evaluated on: the sources with queries, and those with distractors appended."""
        implied = {name: Benchmark(source=name) for name, s in self.sources.items() if s.record.is_benchmark}
        return implied | self.further_benchmarks

    @cached_property
    def splits(self) -> list[tuple[str, str]]:
        """Sources and splits, "index" or "query", that some benchmark consists of."""
        index = (source for b in self.benchmarks.values() for source in (b.source, *b.distractors))
        queried = {benchmark.source for benchmark in self.benchmarks.values()}
        return [
            (source, split)
            for source in dict.fromkeys(index)
            for split in ("index", "query")
            if split == "index" or source in queried
        ]

    def queries_of(self, model: str, benchmark: str) -> str:
        """Name of a model's embeddings of a benchmark's queries, which distractors do not change."""
        return f"{model}.{self.benchmarks[benchmark].source}.query_embeddings"

    def judge(self, benchmark: str) -> Source:
        """The source that a benchmark has its queries and ground truth from."""
        return self.sources[self.benchmarks[benchmark].source]

    # ablations

    @cached_property
    def segments(self) -> dict[str, Segment]:
        """The chains of all ablations, cut so that what they share is run once."""
        return share_prefixes({name: self.chain(name) for name in self.ablations})

    def needs_voters(self, segment: str) -> bool:
        """Whether the ranking at the end of a segment depends on predicted landmarks."""
        entry = self.segments[segment]
        return depends_on_labels(self.chain(entry.ablation)[: entry.stop])

    def segments_of(self, system: System) -> tuple[str, ...]:
        """Segments that run for a system: those without labels only for the first system of a model."""
        return tuple(
            name
            for name in self.segments
            if (system.voters is not None if self.needs_voters(name) else system.is_first)
        )

    def ablations_of(self, system: System) -> tuple[str, ...]:
        """Ablations that a system is evaluated with."""
        return tuple(n for n in self.ablations if system.voters is not None or not self.needs_voters(n))

    def owner(self, system: System, segment: str) -> str:
        """Name of the system that a segment's ranking is made for."""
        return system.name if self.needs_voters(segment) else system.model

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
