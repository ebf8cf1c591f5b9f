"""What re-ranking may look at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.prediction import LabelPrediction
from landmark_retrieval.ranking import Ranking
from landmark_retrieval.search.rows import check_rows, rows_fingerprint


@dataclass(frozen=True, eq=False)
class RerankingInputs:
    """Everything a re-ranking step sees beside the ranking; ground truth is not among it.

    Attributes:
        queries: embeddings of the queries.
        index: embeddings of the index.
        query_predictions: predicted landmark of each query.
        index_predictions: predicted landmark of each index image. Training images in the index take their own
            landmark and the score 1 (two-stage paper §3.2, Discussion).

        depth: length of the lists that are asked for, images: 100 for GLD-v2, the whole index for revisited
            benchmarks.

    Raises:
        DataError: lengths or dimensions differ.
    """

    queries: Embeddings
    index: Embeddings
    query_predictions: LabelPrediction
    index_predictions: LabelPrediction
    depth: int = 100

    def __post_init__(self) -> None:
        if self.queries.dim != self.index.dim:
            raise DataError(
                f"embeddings: queries have {self.queries.dim} columns, the index {self.index.dim}"
            )
        for name, embeddings, predictions in (
            ("query", self.queries, self.query_predictions),
            ("index", self.index, self.index_predictions),
        ):
            if len(embeddings) != len(predictions):
                raise DataError(f"{name} predictions: expected {len(embeddings)}, found {len(predictions)}")

    @cached_property
    def rows(self) -> str:
        """Fingerprint of the query and index ids."""
        return rows_fingerprint(self.queries.image_ids, self.index.image_ids)

    def check(self, ranking: Ranking) -> None:
        """Refuse a ranking of other images.

        Raises:
            DataError: its size or its fingerprint is not that of these inputs.
        """
        check_rows(ranking, self.queries.image_ids, self.index.image_ids, self.rows)
