"""AQE, average query expansion: αQE with α = 0."""

from __future__ import annotations

from typing import Literal

from landmark_retrieval.ranking import Ranking
from landmark_retrieval.reranking.inputs import RerankingInputs
from landmark_retrieval.reranking.query_expansion import QueryExpansion


class AQE(QueryExpansion):
    """Every neighbour weighs as much as the query."""

    method: Literal["aqe"] = "aqe"

    def apply(self, ranking: Ranking | None, inputs: RerankingInputs) -> Ranking:
        """Expand with equal weights and search again."""
        return self.expand(ranking, inputs, alpha=0.0)
