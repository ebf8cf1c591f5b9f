"""Per-query results first; figures, comparisons, galleries and the summary page are derived from them."""

from kedro.pipeline import Node, Pipeline, node

from landmark_retrieval import experiments
from landmark_retrieval.experiments import Experiments
from landmark_retrieval.experiments.models import System
from landmark_retrieval.pipelines.evaluation import groups, nodes, reports


def create_pipeline() -> Pipeline:
    """Evaluate every ranking and prediction, score what the world made wrong, compare and show."""
    chosen = experiments.chosen()
    if not chosen.benchmarks or not chosen.ablations or not chosen.models:
        return Pipeline([])
    pairs = [(s, b) for s in chosen.systems.values() for b in chosen.benchmarks]
    return Pipeline(
        [
            *(n for pair in pairs for n in _evaluate(chosen, *pair)),
            *(_recognise(chosen, *pair) for pair in pairs if _is_recognised(chosen, *pair)),
            *(_show(chosen, *pair) for pair in pairs if _is_shown(chosen, pair[1])),
            *_score(chosen),
            *(n for benchmark in chosen.benchmarks for n in _compare(chosen, benchmark)),
            _summarise(chosen),
        ]
    )


def _judge(chosen: Experiments, benchmark: str) -> dict[str, str]:
    """Inputs that say by whose ground truth a benchmark is judged."""
    entry = chosen.benchmarks[benchmark]
    distractors = {"distractors": f"params:experiments.benchmarks.{benchmark}.distractors"}
    return {
        "source": f"params:experiments.sources.{entry.source}",
        **(distractors if entry.distractors else {}),
    }


def _truth(chosen: Experiments, benchmark: str) -> str:
    return f"{chosen.benchmarks[benchmark].source}.{chosen.judge(benchmark).family.truth}"


def _images(chosen: Experiments, system: System, benchmark: str) -> dict[str, str]:
    return {
        "queries": chosen.queries_of(system.model, benchmark),
        "index": f"{system.model}.{benchmark}.index_embeddings",
    }


def _evaluate(chosen: Experiments, system: System, benchmark: str) -> list[Node]:
    return [
        node(
            nodes.evaluate,
            {
                "ranking": f"{system.name}.{ablation}.{benchmark}.ranking",
                **_images(chosen, system, benchmark),
                "truth": _truth(chosen, benchmark),
                **_judge(chosen, benchmark),
                "settings": "params:intervals",
            },
            {what: f"{system.name}.{ablation}.{benchmark}.{what}" for what in ("per_query", "metrics")},
            name=f"evaluate_{benchmark}",
            namespace=f"{system.name}.{ablation}",
        )
        for ablation in chosen.ablations_of(system)
        if chosen.owner(system, ablation) == system.name
    ]


def _is_recognised(chosen: Experiments, system: System, benchmark: str) -> bool:
    """Landmarks are numbered by their source: predictions of another one could only be right by accident."""
    named = chosen.judge(benchmark).record.names_query_landmarks
    return named and system.voters is not None and chosen.source_of(system.voters) == benchmark


def _recognise(chosen: Experiments, system: System, benchmark: str) -> Node:
    return node(
        nodes.evaluate_recognition,
        [
            f"{system.name}.{benchmark}.recognition",
            f"{benchmark}.recognition_solution",
            f"params:experiments.sources.{benchmark}",
            "params:intervals",
        ],
        f"{system.name}.{benchmark}.metrics",
        name=f"evaluate_{benchmark}_recognition",
        namespace=system.name,
    )


def _is_shown(chosen: Experiments, benchmark: str) -> bool:
    return chosen.judge(benchmark).record.has_pictures and not chosen.benchmarks[benchmark].distractors


def _show(chosen: Experiments, system: System, benchmark: str) -> Node:
    labelled = {}
    if system.voters is not None:
        labelled["predictions"] = f"{system.name}.{benchmark}.query_predictions"
        labels = chosen.source_of(system.voters)
        if "landmark_names" in chosen.sources[labels].tables:
            labelled["names"] = f"{labels}.landmark_names"
    ablations = sorted(chosen.ablations_of(system), key=lambda ablation: ablation != chosen.baseline)
    return node(
        reports.show_queries,
        {
            "files": f"{benchmark}.raw",
            "query_images": f"{benchmark}.query_images",
            "index_images": f"{benchmark}.index_images",
            **_images(chosen, system, benchmark),
            "truth": _truth(chosen, benchmark),
            "source": f"params:experiments.sources.{benchmark}",
            "settings": "params:gallery",
            **labelled,
            **{
                f"{ablation}.{kind}": f"{chosen.owner(system, ablation)}.{ablation}.{benchmark}.{kind}"
                for ablation in ablations
                for kind in ("ranking", "per_query")
            },
        },
        {what: f"{system.name}.{benchmark}.{made}" for what, made in _GALLERY.items()},
        name=f"show_{benchmark}",
        namespace=system.name,
    )


_GALLERY = {"gallery": "gallery", "page": "gallery_page"}


def _score(chosen: Experiments) -> list[Node]:
    """How well cleaning and overlap removal found what the world made wrong, or label noise."""
    cleaned = [
        node(
            nodes.score_cleaning,
            {"manifest": f"{name}.manifest", **faults},
            f"{name}.cleaning_quality",
            name="score",
            namespace=name,
        )
        for name, variant in chosen.variants.items()
        if variant.cleaned_from and (faults := _faults(chosen, name))
    ]
    without_overlap = [
        node(
            nodes.score_overlap,
            [f"{name}.overlap_decisions", f"{variant.without_overlap_from}.manifest", "world.truth"],
            f"{name}.cleaning_quality",
            name="score",
            namespace=name,
        )
        for name, variant in chosen.variants.items()
        if variant.without_overlap_from and chosen.is_generated(name)
    ]
    return [*cleaned, *without_overlap]


def _faults(chosen: Experiments, variant: str) -> dict[str, str]:
    """Inputs that tell which labels of a variant are wrong, as far as anybody knows."""
    world = {"truth": "world.truth"} if chosen.is_generated(variant) else {}
    names = chosen.noise_of(variant)
    planted = {} if names is None else {"clean": f"{names[0]}.manifest", "noisy": f"{names[1]}.manifest"}
    return world | planted


def _compare(chosen: Experiments, benchmark: str) -> list[Node]:
    runs = {
        f"{system.name}.{ablation}": f"{chosen.owner(system, ablation)}.{ablation}.{benchmark}.per_query"
        for system in chosen.systems.values()
        for ablation in chosen.ablations_of(system)
    }
    judge = _judge(chosen, benchmark)
    compared = node(
        nodes.comparer(tuple(chosen.systems.values())),
        {
            **judge,
            "baseline": "params:experiments.baseline",
            "settings": "params:intervals",
            **groups.compared_groups(chosen, benchmark),
            **runs,
        },
        {"comparison": f"{benchmark}.comparison", "figure": f"{benchmark}.comparison_figure"},
        name=f"compare_{benchmark}",
    )
    return [*groups.compare_groups(chosen, benchmark, judge, runs), compared]


def _summarise(chosen: Experiments) -> Node:
    pairs = [(s, b) for s in chosen.systems.values() for b in chosen.benchmarks]
    pictured = [name for name, source in chosen.sources.items() if source.record.has_pictures]
    scored = [name for n in _score(chosen) for name in n.outputs]
    datasets = [
        *(f"{benchmark}.comparison" for benchmark in chosen.benchmarks),
        *(name for b in chosen.benchmarks for name in groups.compared_groups(chosen, b).values()),
        *(f"{s.name}.{b}.metrics" for s, b in pairs if _is_recognised(chosen, s, b)),
        *(f"{s.name}.{b}.gallery" for s, b in pairs if _is_shown(chosen, b)),
        *(f"{variant}.manifest" for variant in chosen.variants),
        *(f"{source}.damaged_images" for source in pictured),
        *scored,
    ]
    return node(
        reports.summarise,
        {"experiments": "params:experiments", **{name: name for name in datasets}},
        "summary_page",
        name="summarise",
    )
