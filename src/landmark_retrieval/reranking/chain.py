"""Chains of re-ranking steps, as data."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from time import perf_counter
from typing import Annotated

from pydantic import Field

from landmark_retrieval.errors import DataError
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.diffusion.c_crf import CCRF
from landmark_retrieval.reranking.diffusion.diffusion import Diffusion
from landmark_retrieval.reranking.diffusion.offline_diffusion import OfflineDiffusionStep
from landmark_retrieval.reranking.diffusion.regional_diffusion import RegionalDiffusion
from landmark_retrieval.reranking.expansion.database_augmentation import DBA, AlphaDBA
from landmark_retrieval.reranking.expansion.query_expansion import AQE, AlphaQE
from landmark_retrieval.reranking.graphs.explore_exploit import ExploreExploit
from landmark_retrieval.reranking.graphs.gnn import GNN
from landmark_retrieval.reranking.graphs.k_reciprocal import KReciprocal
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.knn import KNN
from landmark_retrieval.reranking.labels.calibrated_labels import CalibratedLabels
from landmark_retrieval.reranking.labels.insert_step import InsertStep
from landmark_retrieval.reranking.labels.landmark_aware import LandmarkAware
from landmark_retrieval.reranking.labels.sort_step import SortStep
from landmark_retrieval.reranking.labels.train_in_index import AddTrainToIndex, DropTrain
from landmark_retrieval.reranking.shortlist.spatial_verification import SpatialVerification
from landmark_retrieval.reranking.shortlist.super_global import SuperGlobal
from landmark_retrieval.reranking.step import RerankingStep

logger = logging.getLogger(__name__)

Step = Annotated[
    KNN
    | AddTrainToIndex
    | DropTrain
    | DBA
    | AlphaDBA
    | AQE
    | AlphaQE
    | SortStep
    | InsertStep
    | LandmarkAware
    | CalibratedLabels
    | SpatialVerification
    | Diffusion
    | RegionalDiffusion
    | OfflineDiffusionStep
    | CCRF
    | ExploreExploit
    | KReciprocal
    | GNN
    | SuperGlobal,
    Field(discriminator="method"),
]  # fmt: skip
"""A step as data: `{method: alpha_qe, n: 10}`. An unknown method or parameter is an error that names it."""


def apply_chain(steps: Iterable[RerankingStep], ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
    """Apply the steps one after another.

    Args:
        steps: in the order they are applied.
        ranking: what the first step starts from; `None` where that is a search.
        inputs: embeddings and predictions.

    Raises:
        DataError: there is no step and no ranking, a step needs a ranking that is not there, or the ranking
            is of other images than the inputs.
    """
    if ranking is not None:
        inputs.check(ranking)
    for step in steps:
        started = perf_counter()
        ranking, inputs = step.run(ranking, inputs)
        seconds = perf_counter() - started
        logger.info("%s: %d queries in %.2f s", step.method, ranking.n_queries, seconds)
    if ranking is None:
        raise DataError("chain: expected at least one step or a ranking, found neither")
    return ranking
