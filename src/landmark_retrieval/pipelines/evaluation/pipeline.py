"""Per-query results first; figures, comparisons, galleries and the summary page are derived from them."""

from kedro.pipeline import Node, Pipeline, node

from landmark_retrieval import experiments
from landmark_retrieval.experiments import Experiments
from landmark_retrieval.experiments.variants import Source
from landmark_retrieval.pipelines.evaluation import nodes, reports


def create_pipeline() -> Pipeline:
    """Evaluate every ranking and prediction, score what the world made wrong, compare and show."""
    chosen = experiments.chosen()
    if not chosen.benchmarks or not chosen.ablations:
        return Pipeline([])
    evaluated = [
        n
        for variant in chosen.variants
        for benchmark, source in chosen.benchmarks.items()
        for n in _evaluate(chosen, variant, benchmark, source)
    ]
    compared = [_compare(chosen, benchmark) for benchmark in chosen.benchmarks]
    return Pipeline([*evaluated, *_score(chosen), *compared, _summarise(chosen)])


def _evaluate(chosen: Experiments, variant: str, benchmark: str, source: Source) -> list[Node]:
    base = f"{variant}.{benchmark}"
    rankings = [
        node(
            nodes.evaluate,
            {
                "ranking": f"{variant}.{ablation}.{benchmark}.ranking",
                "queries": f"{base}.query_embeddings",
                "index": f"{base}.index_embeddings",
                "truth": f"{benchmark}.{source.family.truth}",
                "source": f"params:experiments.sources.{benchmark}",
                "settings": "params:intervals",
            },
            {
                "per_query": f"{variant}.{ablation}.{benchmark}.per_query",
                "metrics": f"{variant}.{ablation}.{benchmark}.metrics",
            },
            name=f"evaluate_{benchmark}",
            namespace=f"{variant}.{ablation}",
        )
        for ablation in chosen.ablations
    ]
    shown = [_show(chosen, variant, benchmark, source)] if source.record.has_pictures else []
    # Landmarks are numbered by their source: predictions of another one could only be right by accident.
    if not source.record.names_query_landmarks or chosen.source_of(variant) != benchmark:
        return [*rankings, *shown]
    recognition = node(
        nodes.evaluate_recognition,
        [
            f"{base}.recognition",
            f"{benchmark}.recognition_solution",
            f"params:experiments.sources.{benchmark}",
            "params:intervals",
        ],
        f"{base}.metrics",
        name=f"evaluate_{benchmark}_recognition",
        namespace=variant,
    )
    return [*rankings, recognition, *shown]


def _show(chosen: Experiments, variant: str, benchmark: str, source: Source) -> Node:
    base, labels = f"{variant}.{benchmark}", chosen.source_of(variant)
    is_named = "landmark_names" in chosen.sources[labels].tables
    names = {"names": f"{labels}.landmark_names"} if is_named else {}
    ablations = [chosen.baseline, *(a for a in chosen.ablations if a != chosen.baseline)]
    return node(
        reports.show_queries,
        {
            "files": f"{benchmark}.raw",
            "query_images": f"{benchmark}.query_images",
            "index_images": f"{benchmark}.index_images",
            "queries": f"{base}.query_embeddings",
            "index": f"{base}.index_embeddings",
            "predictions": f"{base}.query_predictions",
            "truth": f"{benchmark}.{source.family.truth}",
            "source": f"params:experiments.sources.{benchmark}",
            "settings": "params:gallery",
            **names,
            **{
                f"{ablation}.{kind}": f"{variant}.{ablation}.{benchmark}.{kind}"
                for ablation in ablations
                for kind in ("ranking", "per_query")
            },
        },
        {"gallery": f"{base}.gallery", "page": f"{base}.gallery_page"},
        name=f"show_{benchmark}",
        namespace=variant,
    )


def _score(chosen: Experiments) -> list[Node]:
    """How well cleaning and overlap removal found what the generated world made wrong."""
    made = [
        (name, v) for name, v in chosen.variants.items() if chosen.sources[chosen.source_of(name)].generated
    ]
    cleaned = [
        node(
            nodes.score_cleaning,
            [f"{name}.manifest", "world.truth"],
            f"{name}.cleaning_quality",
            name="score",
            namespace=name,
        )
        for name, variant in made
        if variant.cleaned_from
    ]
    without_overlap = [
        node(
            nodes.score_overlap,
            [f"{name}.overlap_decisions", f"{variant.without_overlap_from}.manifest", "world.truth"],
            f"{name}.cleaning_quality",
            name="score",
            namespace=name,
        )
        for name, variant in made
        if variant.without_overlap_from
    ]
    return [*cleaned, *without_overlap]


def _compare(chosen: Experiments, benchmark: str) -> Node:
    runs = [f"{variant}.{ablation}" for variant in chosen.variants for ablation in chosen.ablations]
    return node(
        nodes.compare,
        {
            "source": f"params:experiments.sources.{benchmark}",
            "baseline": "params:experiments.baseline",
            "settings": "params:intervals",
            **{run: f"{run}.{benchmark}.per_query" for run in runs},
        },
        {"comparison": f"{benchmark}.comparison", "figure": f"{benchmark}.comparison_figure"},
        name=f"compare_{benchmark}",
    )


def _summarise(chosen: Experiments) -> Node:
    named = [b for b, source in chosen.benchmarks.items() if source.record.names_query_landmarks]
    shown = [b for b, source in chosen.benchmarks.items() if source.record.has_pictures]
    scored = [name for n in _score(chosen) for name in n.outputs]
    datasets = [
        *(f"{benchmark}.comparison" for benchmark in chosen.benchmarks),
        *(f"{v}.{b}.metrics" for v in chosen.variants for b in named if chosen.source_of(v) == b),
        *(f"{v}.{b}.gallery" for v in chosen.variants for b in shown),
        *(f"{variant}.manifest" for variant in chosen.variants),
        *(f"{source}.damaged_images" for source in chosen.sources),
        *scored,
    ]
    return node(
        reports.summarise,
        {"experiments": "params:experiments", **{name: name for name in datasets}},
        "summary_page",
        name="summarise",
    )
