"""Landmarks of every benchmark's index and queries, voted for by every variant's training images."""

from kedro.pipeline import Node, Pipeline, node

from landmark_retrieval import experiments
from landmark_retrieval.experiments import Experiments
from landmark_retrieval.pipelines.label_prediction import nodes


def create_pipeline() -> Pipeline:
    """For each variant and benchmark: predictions of index and queries, and the recognition submission.

    Votes are calibrated for each variant, if a re-ranking step needs it.
    """
    chosen = experiments.chosen()
    if not chosen.benchmarks:
        return Pipeline([])
    made = [n for v in chosen.variants for b in chosen.benchmarks for n in _predict(chosen, v, b)]
    if chosen.train_index:
        made += [_index(v) for v in chosen.variants]
    if chosen.needed("calibration"):
        made += [_calibrate(v) for v in chosen.variants]
    return Pipeline(made)


def _index(variant: str) -> Node:
    return node(
        nodes.index_train,
        [f"{variant}.train_embeddings", "params:search"],
        f"{variant}.train_index",
        name="index_train",
        namespace=variant,
    )


def _calibrate(variant: str) -> Node:
    return node(
        nodes.calibrate,
        [f"{variant}.train_embeddings", f"{variant}.manifest", "params:voting"],
        f"{variant}.calibration",
        name="calibrate_votes",
        namespace=variant,
    )


def _predict(chosen: Experiments, variant: str, benchmark: str) -> list[Node]:
    index = {"train_index": f"{variant}.train_index"} if chosen.train_index else {}
    votes = [
        node(
            nodes.predict,
            {
                "images": f"{variant}.{benchmark}.{split}_embeddings",
                "train": f"{variant}.train_embeddings",
                "manifest": f"{variant}.manifest",
                "settings": "params:voting",
                "searching": "params:search",
                **index,
            },
            {made: f"{variant}.{benchmark}.{split}_{made}" for made in ("predictions", "votes")},
            name=f"predict_{benchmark}_{split}",
            namespace=variant,
        )
        for split in ("index", "query")
    ]
    recognition = node(
        nodes.recognise,
        {
            "predictions": f"{variant}.{benchmark}.query_predictions",
            "votes": f"{variant}.{benchmark}.query_votes",
            "settings": "params:recognition",
        },
        f"{variant}.{benchmark}.recognition",
        name=f"recognise_{benchmark}",
        namespace=variant,
    )
    submission = node(
        nodes.submit_recognition,
        f"{variant}.{benchmark}.recognition",
        f"{variant}.{benchmark}.recognition_submission",
        name=f"submit_{benchmark}_recognition",
        namespace=variant,
    )
    return [*votes, recognition, submission]
