"""One ranking per variant, ablation and benchmark; an ablation goes on from the ranking it comes after."""

from kedro.pipeline import Node, Pipeline, node

from landmark_retrieval import experiments
from landmark_retrieval.experiments import Experiments, Source
from landmark_retrieval.pipelines.reranking import nodes


def create_pipeline() -> Pipeline:
    """Every ablation of every variant on every benchmark."""
    chosen = experiments.chosen()
    return Pipeline(
        [
            n
            for variant in chosen.variants
            for ablation in chosen.ablations
            for benchmark, source in chosen.benchmarks.items()
            for n in _rerank(chosen, variant, ablation, benchmark, source)
        ]
    )


def _rerank(chosen: Experiments, variant: str, ablation: str, benchmark: str, source: Source) -> list[Node]:
    base, after = f"{variant}.{benchmark}", chosen.ablations[ablation].after
    namespace = f"{variant}.{ablation}"
    ranking = f"{namespace}.{benchmark}.ranking"
    inputs = {
        "queries": f"{base}.query_embeddings",
        "index": f"{base}.index_embeddings",
        "query_predictions": f"{base}.query_predictions",
        "index_predictions": f"{base}.index_predictions",
        "ablation": f"params:experiments.ablations.{ablation}",
        "source_format": f"params:experiments.sources.{benchmark}.format",
    }
    if after is not None:
        inputs["previous"] = f"{variant}.{after}.{benchmark}.ranking"
    reranked = [node(nodes.rerank, inputs, ranking, name=f"rerank_{benchmark}", namespace=namespace)]
    if source.format == "revisited":
        return reranked
    submission = node(
        nodes.submit_retrieval,
        [ranking, f"{base}.query_embeddings", f"{base}.index_embeddings"],
        f"{namespace}.{benchmark}.submission",
        name=f"submit_{benchmark}",
        namespace=namespace,
    )
    return [*reranked, submission]
