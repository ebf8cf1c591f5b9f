"""Weights of the neighbours in an expansion: by rank or by cosine."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from landmark_retrieval.arrays import Float64s
from landmark_retrieval.configuration import Settings

RankWeights = Literal["equal", "rank"]


def neighbour_weights(by_rank: RankWeights, n_neighbours: int) -> Float64s:
    """Weights of the first, second … neighbour, `(n_neighbours,)` float64.

    `equal` is 1 for all. `rank` is `(k − r)/k` (after Gordo et al.) over the `k = n_neighbours + 1` images
    that are added up, where the image itself has rank 0 and so weight 1, its nearest neighbour rank 1 and the
    last one the weight `1/k`. A list that is shorter leaves the weights as they are.
    """
    if by_rank == "equal":
        return np.ones(n_neighbours)
    return np.arange(n_neighbours, 0, -1) / (n_neighbours + 1)


class WeightedByRank(Settings):
    """Every neighbour weighs the same, or the less the further behind it is ranked.

    Attributes:
        weights: `equal`, or `rank` for Gordo's weights.
    """

    weights: RankWeights = "equal"

    @property
    def weighting(self) -> tuple[float, RankWeights]:
        """Power of the cosine, and weights by rank."""
        return 0.0, self.weights


class WeightedByCosine(Settings):
    """A neighbour weighs its cosine to the power of alpha.

    Attributes:
        alpha: power of the cosine.
    """

    alpha: float = Field(default=3.0, ge=0, allow_inf_nan=False)

    @property
    def weighting(self) -> tuple[float, RankWeights]:
        """Power of the cosine, and weights by rank."""
        return self.alpha, "equal"
