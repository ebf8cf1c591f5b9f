"""AQE, average query expansion."""

from __future__ import annotations

from typing import Literal

from landmark_retrieval.reranking.expansion.query_expansion import QueryExpansion
from landmark_retrieval.reranking.expansion.weights import WeightedByRank


class AQE(WeightedByRank, QueryExpansion):
    """Query expansion with equal weights or weights by rank."""

    method: Literal["aqe"] = "aqe"
