"""αQE, query expansion weighted by similarity (GeM paper; parameters of the two-stage paper, §5.3)."""

from __future__ import annotations

from typing import Literal

from landmark_retrieval.reranking.expansion.query_expansion import QueryExpansion
from landmark_retrieval.reranking.expansion.weights import WeightedByCosine


class AlphaQE(WeightedByCosine, QueryExpansion):
    """Query expansion with weights by cosine."""

    method: Literal["alpha_qe"] = "alpha_qe"
