"""Landmarks of every benchmark's index and queries, voted for by the training images of every system."""

from kedro.pipeline import Node, Pipeline, node

from landmark_retrieval import experiments
from landmark_retrieval.experiments import Experiments
from landmark_retrieval.experiments.models import System
from landmark_retrieval.pipelines.label_prediction import nodes


def create_pipeline() -> Pipeline:
    """For each system and benchmark: predictions of index and queries, and the recognition submission.

    The labels of a system are calibrated if a re-ranking step asks for it.
    """
    chosen = experiments.chosen()
    if not chosen.benchmarks:
        return Pipeline([])
    systems = [system for system in chosen.systems.values() if system.voters is not None]
    made = [n for s in systems for b in chosen.benchmarks for n in _predict(chosen, s, b)]
    if chosen.train_index:
        made += [_index(system) for system in systems]
    if chosen.needed("calibration"):
        made += [_calibrate(system) for system in systems]
    return Pipeline(made)


def _train(system: System) -> str:
    return f"{system.model}.{system.voters}.train_embeddings"


def _index(system: System) -> Node:
    return node(
        nodes.index_train,
        [_train(system), "params:search"],
        f"{system.name}.train_index",
        name="index_train",
        namespace=system.name,
    )


def _calibrate(system: System) -> Node:
    return node(
        nodes.calibrate,
        [_train(system), f"{system.voters}.manifest", "params:voting"],
        f"{system.name}.calibration",
        name="calibrate_labels",
        namespace=system.name,
    )


def _predict(chosen: Experiments, system: System, benchmark: str) -> list[Node]:
    index = {"train_index": f"{system.name}.train_index"} if chosen.train_index else {}
    images = {
        "index": f"{system.model}.{benchmark}.index_embeddings",
        "query": chosen.queries_of(system.model, benchmark),
    }
    base = f"{system.name}.{benchmark}"
    votes = [
        node(
            nodes.predict,
            {
                "images": embeddings,
                "train": _train(system),
                "manifest": f"{system.voters}.manifest",
                "settings": "params:voting",
                "searching": "params:search",
                **index,
            },
            {made: f"{base}.{split}_{made}" for made in ("predictions", "votes")},
            name=f"predict_{benchmark}_{split}",
            namespace=system.name,
        )
        for split, embeddings in images.items()
    ]
    recognition = node(
        nodes.recognise,
        {
            "predictions": f"{base}.query_predictions",
            "votes": f"{base}.query_votes",
            "settings": "params:recognition",
        },
        f"{base}.recognition",
        name=f"recognise_{benchmark}",
        namespace=system.name,
    )
    submission = node(
        nodes.submit_recognition,
        f"{base}.recognition",
        f"{base}.recognition_submission",
        name=f"submit_{benchmark}_recognition",
        namespace=system.name,
    )
    return [*votes, recognition, submission]
