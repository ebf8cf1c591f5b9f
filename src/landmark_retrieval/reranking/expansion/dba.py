"""DBA, database-side augmentation with equal weights or weights by rank (Gordo et al.)."""

from __future__ import annotations

from typing import Literal

from landmark_retrieval.reranking.expansion.database_augmentation import DatabaseAugmentation
from landmark_retrieval.reranking.expansion.weights import RankWeights


class DBA(DatabaseAugmentation):
    """Every neighbour weighs as much as the image, or the less the further behind it stands.

    Attributes:
        weights: `equal`, or `rank` for Gordo's weights.
    """

    method: Literal["dba"] = "dba"
    weights: RankWeights = "equal"

    @property
    def weighting(self) -> tuple[float, RankWeights]:
        """Weights by rank; cosines do not matter."""
        return 0.0, self.weights
