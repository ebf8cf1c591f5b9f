"""AQE, average query expansion."""

from __future__ import annotations

from typing import Literal

from landmark_retrieval.reranking.expansion.query_expansion import QueryExpansion
from landmark_retrieval.reranking.expansion.weights import RankWeights


class AQE(QueryExpansion):
    """Every neighbour weighs as much as the query, or the less the further behind it stands.

    Attributes:
        weights: `equal`, or `rank` for Gordo's weights.
    """

    method: Literal["aqe"] = "aqe"
    weights: RankWeights = "equal"

    @property
    def weighting(self) -> tuple[float, RankWeights]:
        """Weights by rank; cosines do not matter."""
        return 0.0, self.weights
