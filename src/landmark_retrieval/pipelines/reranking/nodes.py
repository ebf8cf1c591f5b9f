"""Nodes of re-ranking."""

from __future__ import annotations

import pandas as pd

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.experiments import Ablation
from landmark_retrieval.formats.submission import retrieval_submission
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.chain import apply_chain
from landmark_retrieval.reranking.inputs import RerankingInputs

GLDV2_DEPTH = 100
"""Images per list that the protocol of GLD-v2 judges; the revisited one judges the whole index."""


def rerank(
    queries: Embeddings,
    index: Embeddings,
    query_predictions: pd.DataFrame,
    index_predictions: pd.DataFrame,
    ablation: Ablation,
    source_format: str,
    previous: Ranking | None = None,
) -> Ranking:
    """Apply an ablation's steps, to the ranking of the ablation it comes after if there is one."""
    inputs = RerankingInputs(
        queries,
        index,
        _predictions(query_predictions, queries),
        _predictions(index_predictions, index),
        depth=len(index) if source_format == "revisited" else GLDV2_DEPTH,
    )
    return apply_chain(ablation.steps, previous, inputs)


def _predictions(table: pd.DataFrame, embeddings: Embeddings) -> LabelPrediction:
    rows = table.set_index("image_id").loc[embeddings.image_ids.tolist()]
    return LabelPrediction(rows["landmark_id"].to_numpy("int64"), rows["score"].to_numpy("float32"))


def submit_retrieval(ranking: Ranking, queries: Embeddings, index: Embeddings) -> pd.DataFrame:
    """A ranking in the form of the Kaggle retrieval challenge."""
    return retrieval_submission(ranking, queries.image_ids.tolist(), index.image_ids.tolist())
