"""Landmarks of every benchmark's index and queries, voted for by every variant's training images."""

from kedro.pipeline import Node, Pipeline, node

from landmark_retrieval import experiments
from landmark_retrieval.pipelines.label_prediction import nodes


def create_pipeline() -> Pipeline:
    """For each variant and benchmark: predictions of index and queries, and the recognition submission."""
    chosen = experiments.chosen()
    return Pipeline([n for v in chosen.variants for b in chosen.benchmarks for n in _predict(v, b)])


def _predict(variant: str, benchmark: str) -> list[Node]:
    votes = [
        node(
            nodes.predict,
            {
                "images": f"{variant}.{benchmark}.{split}_embeddings",
                "train": f"{variant}.train_embeddings",
                "manifest": f"{variant}.manifest",
                "settings": "params:voting",
            },
            f"{variant}.{benchmark}.{split}_predictions",
            name=f"predict_{benchmark}_{split}",
            namespace=variant,
        )
        for split in ("index", "query")
    ]
    submission = node(
        nodes.submit_recognition,
        f"{variant}.{benchmark}.query_predictions",
        f"{variant}.{benchmark}.recognition_submission",
        name=f"submit_{benchmark}_recognition",
        namespace=variant,
    )
    return [*votes, submission]
