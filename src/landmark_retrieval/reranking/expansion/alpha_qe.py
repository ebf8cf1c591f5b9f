"""αQE, query expansion weighted by similarity (GeM paper; parameters of the two-stage paper, §5.3)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from landmark_retrieval.reranking.expansion.query_expansion import QueryExpansion
from landmark_retrieval.reranking.expansion.weights import RankWeights


class AlphaQE(QueryExpansion):
    """A neighbour weighs its cosine to the power of alpha.

    Attributes:
        alpha: power of the cosine.
    """

    method: Literal["alpha_qe"] = "alpha_qe"
    alpha: float = Field(default=3.0, ge=0, allow_inf_nan=False)

    @property
    def weighting(self) -> tuple[float, RankWeights]:
        """Weights by cosine; ranks do not matter."""
        return self.alpha, "equal"
