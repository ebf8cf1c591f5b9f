"""Per-query results first; figures, the comparison, galleries and the summary page are derived from them."""

from kedro.pipeline import Node, Pipeline, node

from landmark_retrieval import experiments
from landmark_retrieval.experiments import Experiments, Source
from landmark_retrieval.pipelines.evaluation import nodes


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
    return Pipeline([*evaluated, *_score(chosen), _compare(chosen), _summarise(chosen)])


def _evaluate(chosen: Experiments, variant: str, benchmark: str, source: Source) -> list[Node]:
    graded = source.format == "revisited"
    base = f"{variant}.{benchmark}"
    rankings = [
        node(
            nodes.evaluate_revisited if graded else nodes.evaluate_retrieval,
            {
                "ranking": f"{variant}.{ablation}.{benchmark}.ranking",
                "queries": f"{base}.query_embeddings",
                "index": f"{base}.index_embeddings",
                "truth": f"{benchmark}.{'relevance' if graded else 'retrieval_solution'}",
                "settings": "params:evaluation",
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
    if graded:
        return rankings
    recognition = node(
        nodes.evaluate_recognition,
        [f"{base}.query_predictions", f"{benchmark}.recognition_solution"],
        f"{base}.metrics",
        name=f"evaluate_{benchmark}_recognition",
        namespace=variant,
    )
    return [*rankings, recognition, _show(chosen, variant, benchmark)]


def _show(chosen: Experiments, variant: str, benchmark: str) -> Node:
    base = f"{variant}.{benchmark}"
    return node(
        nodes.show_queries,
        {
            "files": f"{benchmark}.raw",
            "queries": f"{benchmark}.query_images",
            "index": f"{benchmark}.index_images",
            "index_embeddings": f"{base}.index_embeddings",
            "query_embeddings": f"{base}.query_embeddings",
            "predictions": f"{base}.query_predictions",
            "solution": f"{benchmark}.retrieval_solution",
            "settings": "params:gallery",
            "baseline": "params:experiments.baseline",
            **{
                f"{ablation}.{kind}": f"{variant}.{ablation}.{benchmark}.{kind}"
                for ablation in chosen.ablations
                for kind in ("ranking", "per_query")
            },
        },
        f"{base}.gallery",
        name=f"show_{benchmark}",
        namespace=variant,
    )


def _score(chosen: Experiments) -> list[Node]:
    """How well cleaning and overlap removal found what the generated world made wrong."""
    scores = []
    for name, variant in chosen.variants.items():
        if not chosen.sources[chosen.source_of(name)].generated:
            continue
        if variant.cleaned_from is not None:
            inputs = [f"{name}.manifest", f"{variant.cleaned_from}.manifest", "world.truth"]
            scores.append(node(nodes.score_cleaning, inputs, f"{name}.scores", name="score", namespace=name))
        elif variant.deduplicated_from is not None:
            inputs = [f"{name}.overlap_proposals", f"{variant.deduplicated_from}.manifest", "world.truth"]
            scores.append(node(nodes.score_overlap, inputs, f"{name}.scores", name="score", namespace=name))
    return scores


def _per_query(chosen: Experiments) -> dict[str, str]:
    names = [f"{v}.{a}.{b}" for v in chosen.variants for a in chosen.ablations for b in chosen.benchmarks]
    return {name: f"{name}.per_query" for name in names}


def _compare(chosen: Experiments) -> Node:
    return node(
        nodes.compare,
        {
            "settings": "params:evaluation",
            "baseline": "params:experiments.baseline",
            **_per_query(chosen),
        },
        {"comparison": "comparison", "figure": "comparison_figure"},
        name="compare",
    )


def _summarise(chosen: Experiments) -> Node:
    graded = {name for name, source in chosen.benchmarks.items() if source.format == "revisited"}
    scored = {n.outputs[0] for n in _score(chosen)}
    shown = [(v, b) for v in chosen.variants for b in chosen.benchmarks if b not in graded]
    return node(
        nodes.summarise,
        {
            "comparison": "comparison",
            "experiments": "params:experiments",
            **{f"{v}.manifest": f"{v}.manifest" for v in chosen.variants},
            **{f"{v}.{b}.metrics": f"{v}.{b}.metrics" for v, b in shown},
            **{f"{v}.{b}.gallery": f"{v}.{b}.gallery" for v, b in shown},
            **{f"{s}.damaged_images": f"{s}.damaged_images" for s in chosen.sources},
            **{name: name for name in scored},
        },
        "summary_page",
        name="summarise",
    )
