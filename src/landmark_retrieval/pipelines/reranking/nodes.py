"""Nodes of re-ranking."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import Any

import pandas as pd

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.experiments.variants import Source
from landmark_retrieval.formats.submission import retrieval_submission
from landmark_retrieval.local_features.storage.store import LocalFeatureStore
from landmark_retrieval.pipelines.label_prediction.nodes import train_landmarks
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.ablation import Ablation
from landmark_retrieval.reranking.chain import apply_chain
from landmark_retrieval.reranking.diffusion.offline_diffusion import OfflineDiffusionStep
from landmark_retrieval.reranking.geometry import Geometry
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.offline_diffusion_rows import OfflineDiffusion
from landmark_retrieval.reranking.regions import RegionEmbeddings, Regions
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.verification.geometry import GeometrySettings
from landmark_retrieval.voting.calibration import VoteCalibration
from landmark_retrieval.voting.votes import TrainSet
from landmark_retrieval.voting.votes_table import read_votes


def neighbour_finder(k: int) -> Callable[[Embeddings], Ranking]:
    """The node function that finds the `k` neighbours of every index image, itself as a rule among them."""

    def find_index_neighbours(index: Embeddings) -> Ranking:
        return search(index, index, k)

    return find_index_neighbours


def solve_offline_diffusion(index: Embeddings, ablation: Ablation, shards: Path) -> OfflineDiffusion:
    """Rows of the inverse for every index image, continued where an interrupted run stopped."""
    from landmark_retrieval.reranking.diffusion.offline_diffusion_solving import solve_rows

    step = next(step for step in ablation.steps if isinstance(step, OfflineDiffusionStep))
    return solve_rows(index, step, shards)


def rerank(
    queries: Embeddings,
    index: Embeddings,
    query_predictions: pd.DataFrame,
    index_predictions: pd.DataFrame,
    ablation: Ablation,
    source: Source,
    first: int,
    last: int,
    previous: Ranking | None = None,
    index_neighbours: Ranking | None = None,
    query_votes: pd.DataFrame | None = None,
    index_votes: pd.DataFrame | None = None,
    calibration: dict[str, Any] | None = None,
    train: Embeddings | None = None,
    manifest: pd.DataFrame | None = None,
    query_features: LocalFeatureStore | None = None,
    index_features: LocalFeatureStore | None = None,
    geometry: GeometrySettings | None = None,
    query_regions: RegionEmbeddings | None = None,
    index_regions: RegionEmbeddings | None = None,
    offline_diffusion: OfflineDiffusion | None = None,
) -> Ranking:
    """Apply the ablation's steps `first` to `last - 1`, to the ranking before them if there is one."""
    inputs = RerankingInputs(
        queries,
        index,
        _predictions(query_predictions, queries),
        _predictions(index_predictions, index),
        depth=source.family.depth or len(index),
        index_neighbours=index_neighbours,
        query_votes=None if query_votes is None else read_votes(query_votes, queries.image_ids.tolist()),
        index_votes=None if index_votes is None else read_votes(index_votes, index.image_ids.tolist()),
        calibration=None if calibration is None else VoteCalibration.model_validate(calibration),
        train=None
        if train is None or manifest is None
        else TrainSet(train, train_landmarks(train, manifest)),
        geometry=_geometry(query_features, index_features, geometry),
        regions=None
        if query_regions is None or index_regions is None
        else Regions(query_regions, index_regions),
        offline_diffusion=offline_diffusion,
    )
    return apply_chain(ablation.steps[first:last], previous, inputs)


def rerank_part(first: int, last: int) -> Callable[..., Ranking]:
    """The node function `rerank` for some of an ablation's steps.

    Kedro reads names and types of a node's inputs from its function, which `functools.partial` would hide.
    """

    def part(**inputs: Any) -> Ranking:
        return rerank(first=first, last=last, **inputs)

    whole = signature(rerank)
    kept = [p for p in whole.parameters.values() if p.name not in {"first", "last"}]
    part.__name__ = rerank.__name__
    part.__doc__ = rerank.__doc__
    part.__annotations__ = {p.name: p.annotation for p in kept} | {"return": whole.return_annotation}
    part.__signature__ = whole.replace(parameters=kept)  # type: ignore[attr-defined]
    return part


def _predictions(table: pd.DataFrame, embeddings: Embeddings) -> LabelPrediction:
    rows = table.set_index("image_id").loc[embeddings.image_ids.tolist()]
    return LabelPrediction(rows["landmark_id"].to_numpy("int64"), rows["score"].to_numpy("float32"))


def _geometry(
    queries: LocalFeatureStore | None, index: LocalFeatureStore | None, settings: GeometrySettings | None
) -> Geometry | None:
    if queries is None or index is None or settings is None:
        return None
    chosen = GeometrySettings.model_validate(settings)  # Kedro hands optional parameters over as they are
    return Geometry(queries, index, chosen.verification, chosen.workers)


def submit_retrieval(ranking: Ranking, queries: Embeddings, index: Embeddings) -> pd.DataFrame:
    """A ranking in the form of the Kaggle retrieval challenge."""
    return retrieval_submission(ranking, queries.image_ids.tolist(), index.image_ids.tolist())
