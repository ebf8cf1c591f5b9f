"""αDBA, database-side augmentation weighted by similarity (`--adba` of deep-image-retrieval)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from landmark_retrieval.reranking.expansion.database_augmentation import DatabaseAugmentation
from landmark_retrieval.reranking.expansion.weights import RankWeights


class AlphaDBA(DatabaseAugmentation):
    """A neighbour weighs its cosine to the power of alpha.

    Attributes:
        alpha: power of the cosine.
    """

    method: Literal["alpha_dba"] = "alpha_dba"
    alpha: float = Field(default=3.0, ge=0, allow_inf_nan=False)

    @property
    def weighting(self) -> tuple[float, RankWeights]:
        """Weights by cosine; ranks do not matter."""
        return self.alpha, "equal"
