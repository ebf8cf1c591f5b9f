"""Landmarks of every benchmark's index and queries, voted for by every variant's training images."""

from kedro.pipeline import Node, Pipeline, node

from landmark_retrieval import experiments
from landmark_retrieval.pipelines.label_prediction import nodes


def create_pipeline() -> Pipeline:
    """For each variant and benchmark: predictions of index and queries, and the recognition submission.

    What votes are worth is learned for each variant, if a re-ranking step asks for it.
    """
    chosen = experiments.chosen()
    predicted = [n for v in chosen.variants for b in chosen.benchmarks for n in _predict(v, b)]
    wanted = chosen.benchmarks and chosen.needed("calibration")
    return Pipeline([*predicted, *(_calibrate(v) for v in chosen.variants if wanted)])


def _calibrate(variant: str) -> Node:
    return node(
        nodes.calibrate,
        [f"{variant}.train_embeddings", f"{variant}.manifest", "params:voting"],
        f"{variant}.calibration",
        name="calibrate_votes",
        namespace=variant,
    )


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
            {made: f"{variant}.{benchmark}.{split}_{made}" for made in ("predictions", "votes")},
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
